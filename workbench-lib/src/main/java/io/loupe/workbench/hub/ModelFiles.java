package io.loupe.workbench.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Which files of a repository a model is made of. Their names are all known, but for the shards.
 */
final class ModelFiles {
  static final String CONFIG = "config.json";
  static final String INDEX_ENDING = ".index.json";

  /** In the order in which they are preferred. */
  private static final List<String> WEIGHTS =
      List.of(
          "model.safetensors",
          "model.safetensors" + INDEX_ENDING,
          "pytorch_model.bin",
          "pytorch_model.bin" + INDEX_ENDING);

  private static final List<String> VOCABULARIES =
      List.of("tokenizer.json", "vocab.json", "vocab.txt", "tokenizer.model");
  private static final List<String> OTHERS =
      List.of(
          "generation_config.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "merges.txt");

  private ModelFiles() {}

  /** Returns the small files that are there beside the configuration: the tokenizer's, mostly. */
  static List<String> small(Collection<String> listed) {
    return Stream.concat(VOCABULARIES.stream(), OTHERS.stream()).filter(listed::contains).toList();
  }

  /** Returns the file with the weights, or their index, that is there. */
  static Optional<String> weights(Predicate<String> there) {
    return WEIGHTS.stream().filter(there).findFirst();
  }

  static String weightNames() {
    return String.join(", ", WEIGHTS);
  }

  /**
   * Returns what a folder lacks to be a model; empty if it is whole. Whether a tokenizer belongs to
   * it cannot be seen.
   */
  static List<String> missing(Snapshot snapshot) throws IOException {
    Path folder = snapshot.folder();
    List<String> missing = new ArrayList<>();
    if (!there(folder, CONFIG)) {
      missing.add(CONFIG);
    }
    Optional<String> weights = weights(file -> there(folder, file));
    if (weights.isEmpty()) {
      missing.add(WEIGHTS.get(0));
    } else if (weights.get().endsWith(INDEX_ENDING)) {
      Subject index = new Subject(snapshot.name(), weights.get());
      ShardIndex.shards(folder.resolve(weights.get()), index).stream()
          .filter(shard -> !there(folder, shard))
          .forEach(missing::add);
    }
    return missing;
  }

  static boolean hasVocabulary(Snapshot snapshot) {
    return VOCABULARIES.stream().anyMatch(file -> there(snapshot.folder(), file));
  }

  private static boolean there(Path folder, String file) {
    return Files.exists(folder.resolve(file));
  }
}
