package io.loupe.probes.store;

import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A small corpus and its store; as a program, a capture that a test kills. */
final class TinyStore {
  private static final List<String> KINDS = List.of("noun", "verb", "Ärger", "");

  private TinyStore() {}

  public static void main(String[] args) throws IOException {
    ActivationStore.capture(
        model(), documents(Integer.parseInt(args[1])), options(), Path.of(args[0]));
  }

  static HookedTransformer model() {
    return TinyModels.gpt2(LoadOptions.DEFAULT);
  }

  /** Residual streams and z, in shards of about 50 rows. */
  static StoreOptions options() {
    return StoreOptions.at(
            Sites.Z.at(1), Sites.RESID_POST.at(2), Sites.EMBED.here(), Sites.RESID_POST.at(0))
        .passTokens(60)
        .shardBytes(50 * (4 * 48 + 5) * 4);
  }

  /** Documents of 1 to 30 tokens; some without labels. */
  static List<Document> documents(int count) {
    Random random = new Random(7);
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long[] tokens = random.longs(1 + random.nextInt(30), 0, 128).toArray();
      Document document = Document.of("text " + i, tokens);
      if (i % 5 != 4) {
        document =
            document
                .label(
                    "kind",
                    Stream.generate(() -> KINDS.get(random.nextInt(4)))
                        .limit(tokens.length)
                        .toList())
                .label(
                    "parity", IntStream.range(0, tokens.length).mapToObj(p -> "" + p % 2).toList());
      }
      documents.add(document);
    }
    return documents;
  }
}
