package io.loupe.workbench.hub;

import java.nio.file.Path;

/**
 * A model that is in the cache.
 *
 * @param name how it was asked for
 * @param commit what the revision stood for
 * @param folder the folder with its files, in the Hugging Face layout
 */
public record Snapshot(HubName name, String commit, Path folder) {}
