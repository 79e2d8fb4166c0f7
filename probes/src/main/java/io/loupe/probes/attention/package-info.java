/**
 * Probes on what heads look at: features of each head that are read off streamed attention, linear
 * detectors on them (Chuang et al. 2024, Lookback Lens; Hung et al. 2025, Attention Tracker), and
 * heads as parsers (Clark et al. 2019; Voita et al. 2019). The pattern itself is never made.
 */
@NullMarked
package io.loupe.probes.attention;

import org.jspecify.annotations.NullMarked;
