package io.loupe.datasets.facts;

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
 * The relations of Hernandez et al. (2024): {@code Relations.shipped()}, {@code
 * Relations.of(Relations.shipped(), "country capital city")}. Facts are grouped by subject. Nothing
 * was checked here: some facts were true at the time only, those of kind {@code bias} are
 * stereotypes.
 */
public final class Relations {
  private static final String[] KINDS = {"factual", "commonsense", "linguistic", "bias"};

  /** How it is read. */
  public static final Loader<Fact> LOADER =
      new Loader<>(
          new DatasetInfo(
              "lre-relations",
              "facts",
              "Subjects and objects of 47 relations (factual, commonsense, linguistic, bias) with prompt templates.",
              "Hernandez et al. 2024, Linearity of relation decoding in transformer language models",
              "MIT",
              "https://github.com/evandez/relations",
              "all"),
          new Layout<>(
              List.of("kind", "relation", "subject", "object", "prompt"),
              fact ->
                  List.of(
                      fact.relation().kind(),
                      fact.relation().name(),
                      fact.subject(),
                      fact.object(),
                      fact.prompt().text()),
              Fact::subject),
          Relations::facts);

  private Relations() {}

  /** Returns the shipped facts: all of them. */
  public static Dataset<Fact> shipped() {
    return LOADER.shipped();
  }

  /**
   * Returns the facts of a folder in the repository's layout: {@code factual/*.json} and so on,
   * there or in {@code data/}.
   *
   * @throws IOException a {@code DatasetException} if a file is missing or damaged
   */
  public static Dataset<Fact> read(Path folder) throws IOException {
    return LOADER.read(folder);
  }

  /** Returns the relations of these facts, in their order. */
  public static List<FactRelation> relations(Dataset<Fact> facts) {
    return facts.stream().map(Fact::relation).distinct().toList();
  }

  /**
   * Returns the facts of one relation.
   *
   * @throws IllegalArgumentException if there is none of that name; it lists the names
   */
  public static Dataset<Fact> of(Dataset<Fact> facts, String relation) {
    Dataset<Fact> found = facts.where(fact -> fact.relation().name().equals(relation));
    if (found.size() == 0) {
      throw new IllegalArgumentException(
          "No relation '%s'; there are %s"
              .formatted(relation, relations(facts).stream().map(FactRelation::name).toList()));
    }
    return found;
  }

  private static List<Fact> facts(DataFiles files) throws IOException {
    List<Fact> facts = new ArrayList<>();
    String top = files.in("data/factual", ".json").isEmpty() ? "" : "data/";
    for (String kind : KINDS) {
      for (String path : files.in(top + kind, ".json")) {
        facts.addAll(facts(JsonItem.read(files, path)));
      }
    }
    if (facts.isEmpty()) {
      files.inFirst(".json", "factual", "data/factual"); // says what was looked for
    }
    return facts;
  }

  private static List<Fact> facts(JsonItem file) throws IOException {
    JsonItem properties = file.get("properties");
    FactRelation relation =
        new FactRelation(
            file.text("name"),
            properties.text("relation_type"),
            properties.text("domain_name"),
            properties.text("range_name"),
            properties.flag("symmetric"),
            templates(file, "prompt_templates"),
            file.has("prompt_templates_zs") ? templates(file, "prompt_templates_zs") : List.of());
    if (file.get("samples").items().isEmpty()) {
      throw file.get("samples").broken("a sample", "none");
    }
    List<Fact> facts = new ArrayList<>();
    for (JsonItem sample : file.get("samples").items()) {
      facts.add(new Fact(relation, sample.text("subject"), sample.text("object")));
    }
    return facts;
  }

  private static List<String> templates(JsonItem file, String field) throws IOException {
    List<String> templates = new ArrayList<>();
    for (JsonItem item : file.get(field).items()) {
      if (!FactRelation.hasOneGap(item.text())) {
        throw item.broken("a template with {} once", "\"" + item.text() + "\"");
      }
      templates.add(item.text());
    }
    if (templates.isEmpty() && field.equals("prompt_templates")) {
      throw file.get(field).broken("a template", "none");
    }
    return templates;
  }
}
