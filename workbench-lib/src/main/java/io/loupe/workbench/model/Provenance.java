package io.loupe.workbench.model;

import java.util.List;
import java.util.Map;

/**
 * How a result came about: enough to make it again.
 *
 * @param model its name or folder
 * @param weightsSha256 of the files the weights were read from; of the parameters for a model made
 *     in memory
 * @param tokenizerSha256 of the tokenizer's files; empty without a tokenizer
 * @param tokens what it was run on
 * @param interventions as they print, in the order in which they were applied
 * @param gauge the gauge of the weights: {@code raw}, or {@code folded:} with what was done to
 *     those of the files
 * @param type number format
 * @param device where it ran
 * @param versions of Loupe's engine and of Java
 */
public record Provenance(
    String model,
    String weightsSha256,
    String tokenizerSha256,
    List<List<Long>> tokens,
    List<String> interventions,
    String gauge,
    String type,
    String device,
    Map<String, String> versions) {}
