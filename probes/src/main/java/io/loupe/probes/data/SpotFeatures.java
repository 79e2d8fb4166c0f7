package io.loupe.probes.data;

/**
 * Features of all examples at one spot.
 *
 * @param spot where they were read
 * @param features one row for each example
 */
public record SpotFeatures(Spot spot, Features features) {}
