package io.loupe.datasets.facts;

/**
 * What a function makes of one input.
 *
 * @param task the function's name, such as {@code country-capital}
 * @param kind {@code abstractive}, or {@code extractive} if the output is part of the input
 */
public record FunctionExample(String task, String kind, String input, String output) {}
