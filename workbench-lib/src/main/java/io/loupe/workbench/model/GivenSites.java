package io.loupe.workbench.model;

import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import java.util.HashSet;
import java.util.Set;

/** Which steps of a layer need not be computed again because a patch comes behind them. */
final class GivenSites {
  private GivenSites() {}

  /** Returns the sites whose base values spare computing what leads to a patched one. */
  static Set<Site> of(Site patched, boolean parallel) {
    Set<Site> given = new HashSet<>();
    if (patched.equals(Sites.PATTERN)) {
      given.add(Sites.PATTERN);
    } else if (patched.equals(Sites.Z) || patched.equals(Sites.RESULT)) {
      given.add(Sites.Z);
    } else if (isBehindAttention(patched)) {
      given.add(Sites.ATTN_OUT);
    }
    if (patched.equals(Sites.MLP_POST)) {
      given.add(Sites.MLP_POST);
    } else if (patched.equals(Sites.MLP_OUT)
        || patched.equals(Sites.RESID_POST)
        || parallel && isInAttention(patched)) {
      given.add(Sites.MLP_OUT);
    }
    return given;
  }

  private static boolean isInAttention(Site site) {
    return site.name().startsWith("attn.") || site.equals(Sites.ATTN_OUT);
  }

  private static boolean isBehindAttention(Site site) {
    return Set.of(
            Sites.ATTN_OUT,
            Sites.RESID_MID,
            Sites.LN2,
            Sites.MLP_PRE,
            Sites.MLP_PRE_LINEAR,
            Sites.MLP_POST,
            Sites.MLP_OUT,
            Sites.RESID_POST)
        .contains(site);
  }
}
