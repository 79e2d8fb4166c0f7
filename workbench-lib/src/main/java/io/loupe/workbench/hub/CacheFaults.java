package io.loupe.workbench.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What can be wrong with the folder of the cache. */
final class CacheFaults {
  private CacheFaults() {}

  static HubException cannotWrite(Subject subject, HubSettings settings, IOException cause) {
    return subject.refused(
        "the cache folder %s cannot be written (%s: %s): make room in it, or set HF_HUB_CACHE to another one"
            .formatted(settings.cache(), cause.getClass().getSimpleName(), cause.getMessage()),
        cause);
  }

  /** Refuses before the download, not at its end, if there is no room for it. */
  static void checkRoom(Subject subject, HubSettings settings, Path folder, long needed)
      throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free > 0 && free < needed) { // 0 is also said by file systems that do not know
      throw subject.refused(
          "it needs %s more in the cache folder %s, which has %s left: make room in it, or set HF_HUB_CACHE to another one"
              .formatted(Meter.size(needed), settings.cache(), Meter.size(free)));
    }
  }
}
