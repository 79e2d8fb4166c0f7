package io.loupe.circuits.run;

import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.TextTask;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import java.util.List;

/** What of a pair's answers is compared. */
public enum Contrast {
  /** Logit of the answer minus logit of the wrong answer (Wang et al. 2022). */
  LOGIT_DIFFERENCE {
    @Override
    Metric metric(TextTask task, List<PromptPair> pairs) {
      return Metrics.logitDifference(task.answerIds(pairs), task.wrongIds(pairs));
    }
  },
  /** Probability of all answers minus that of all wrong ones (Hanna et al. 2023). */
  PROBABILITY_DIFFERENCE {
    @Override
    Metric metric(TextTask task, List<PromptPair> pairs) {
      return Metrics.probabilityDifference(
          pairs.stream().map(p -> task.idsOf(p, p.answers())).toArray(long[][]::new),
          pairs.stream().map(p -> task.idsOf(p, p.wrongs())).toArray(long[][]::new));
    }
  };

  abstract Metric metric(TextTask task, List<PromptPair> pairs);
}
