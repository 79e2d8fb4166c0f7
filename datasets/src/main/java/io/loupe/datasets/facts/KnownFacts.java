package io.loupe.datasets.facts;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.corpus.DatasetInfo;
import io.loupe.datasets.corpus.Layout;
import io.loupe.datasets.corpus.Loader;
import io.loupe.datasets.file.DataFiles;
import io.loupe.datasets.file.JsonItem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The facts that causal tracing was done on (Meng et al. 2022). The dataset is called known-1000
 * and has 1,209. Grouped by subject.
 */
public final class KnownFacts {
  /** How it is read. */
  public static final Loader<KnownFact> LOADER =
      new Loader<>(
          new DatasetInfo(
              "known-1000",
              "facts",
              "Facts that GPT-2 XL completes, each a prompt with its subject marked.",
              "Meng et al. 2022, Locating and editing factual associations in GPT",
              "MIT",
              "https://github.com/kmeng01/rome",
              "all"),
          new Layout<>(
              List.of("id", "relation", "subject", "prompt", "attribute"),
              fact ->
                  List.of(
                      String.valueOf(fact.id()),
                      fact.relation(),
                      fact.subject(),
                      fact.prompt().text(),
                      fact.attribute()),
              KnownFact::subject),
          KnownFacts::facts);

  private KnownFacts() {}

  /** Returns the shipped facts: all of them. */
  public static Dataset<KnownFact> shipped() {
    return LOADER.shipped();
  }

  /**
   * Returns the facts of a folder with {@code known_1000.json}, there or in {@code compiled/} or
   * {@code counterfact/compiled/}.
   *
   * @throws IOException a {@code DatasetException} if the file is missing or damaged
   */
  public static Dataset<KnownFact> read(Path folder) throws IOException {
    return LOADER.read(folder);
  }

  private static List<KnownFact> facts(DataFiles files) throws IOException {
    String path =
        files.first(
            "known_1000.json", "compiled/known_1000.json", "counterfact/compiled/known_1000.json");
    List<KnownFact> facts = new ArrayList<>();
    for (JsonItem item : JsonItem.read(files, path).items()) {
      String subject = item.text("subject");
      facts.add(
          new KnownFact(
              item.whole("known_id"),
              subject,
              item.text("attribute"),
              template(item),
              prompt(item, subject),
              item.text("prediction"),
              item.text("relation_id")));
    }
    return facts;
  }

  private static String template(JsonItem item) throws IOException {
    String template = item.text("template");
    if (!FactRelation.hasOneGap(template)) {
      throw item.get("template").broken("a template with {} once", "\"" + template + "\"");
    }
    return template;
  }

  /** The subject stands where the template says, else where it occurs first. */
  private static Prompt prompt(JsonItem item, String subject) throws IOException {
    String text = item.text("prompt");
    int gap = item.text("template").indexOf(FactRelation.SUBJECT);
    int at = text.startsWith(subject, gap) ? gap : text.indexOf(subject);
    if (at < 0) {
      throw item.get("prompt").broken("a prompt with \"" + subject + "\"", "\"" + text + "\"");
    }
    return Prompt.of(text).mark("subject", at, at + subject.length());
  }
}
