package io.loupe.workbench.path;

import ai.djl.ndarray.NDManager;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Continuation;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.Wiring;

/**
 * What all paths of one request share.
 *
 * @param model without interventions
 * @param wiring its single steps
 * @param base the run that is patched into
 * @param donor what the other run had, at {@link StreamWalk#DONATED}
 * @param freezing what stays as it is on the way
 * @param manager owns what is made on the way
 */
record Paths(
    HookedTransformer model,
    Wiring wiring,
    Continuation base,
    ActivationCache donor,
    Freezing freezing,
    NDManager manager) {}
