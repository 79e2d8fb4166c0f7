import io.loupe.datasets.context.KeyValueText;
import io.loupe.datasets.context.Needle;
import io.loupe.datasets.context.NeedleKind;
import io.loupe.datasets.language.Agreement;
import io.loupe.datasets.language.WorldFacts;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.tasks.TaskCorpus;
import io.loupe.datasets.tasks.Tasks;
import io.loupe.datasets.words.Words;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;

/**
 * Step 1 of the recipe: writes the task sentences to train on (split TRAIN), the prompts to evaluate
 * on (split TEST), and the words that the tokenizer must keep whole, into a folder.
 */
final class Corpus {
  private static final int LINES = 800_000;
  private static final int LONG_LINES = 24_000;
  private static final long SEED = 20261125;
  private static final TextTokens WORDS = TextTokens.words();

  public static void main(String[] args) throws IOException {
    Path folder = Files.createDirectories(Path.of(args[0]));
    try (Writer out = Files.newBufferedWriter(folder.resolve("tasks.txt"))) {
      new TaskCorpus(Split.TRAIN).write(out, LINES, SEED);
    }
    try (Writer out = Files.newBufferedWriter(folder.resolve("long.txt"))) {
      TaskCorpus.ofLongTexts(Split.TRAIN).write(out, LONG_LINES, SEED + 1);
    }
    Files.write(folder.resolve("whole-words.txt"), wholeWords());
    try (Writer out = Files.newBufferedWriter(folder.resolve("evaluation.jsonl"))) {
      JsonMapper json = new JsonMapper();
      for (Map.Entry<String, TextTask> task : evaluated().entrySet()) {
        int all = task.getValue().size(Split.TEST).min(java.math.BigInteger.valueOf(650)).intValue();
        int count = task.getKey().startsWith("needle") ? 60 : all;
        for (PromptPair pair : task.getValue().draw(Split.TEST, count, SEED)) {
          Map<String, Object> line = new LinkedHashMap<>();
          line.put("task", task.getKey());
          line.put("prompt", pair.clean().text());
          line.put("answers", pair.answers());
          line.put("wrongs", pair.wrongs());
          out.write(json.writeValueAsString(line));
          out.write('\n');
        }
      }
    }
  }

  private static Map<String, TextTask> evaluated() {
    Map<String, TextTask> tasks = new LinkedHashMap<>();
    for (String name : List.of("ioi", "greater-than", "successor", "pronoun", "agreement")) {
      tasks.put(name, Tasks.text(name));
    }
    tasks.put("agreement-2", new Agreement(2, WORDS));
    tasks.put("world-facts", new WorldFacts());
    for (int pairs : new int[] {8, 32, 64, 90}) {
      tasks.put("key-value-" + pairs, new KeyValueText(pairs, WORDS));
    }
    for (NeedleKind kind : NeedleKind.values()) {
      for (int length : new int[] {250, 500}) {
        for (double depth : new double[] {0, 0.25, 0.5, 0.75, 1}) {
          tasks.put(kind.taskName() + "-" + length + "-" + depth, new Needle(kind, length, depth, WORDS));
        }
      }
    }
    for (String name : List.of("coloured-objects", "one-to-many", "multi-document", "many-shot")) {
      tasks.put(name, Tasks.text(name));
    }
    return tasks;
  }

  /** Names, nouns, the answers of the facts, parts of series and numbers, as they follow a space. */
  private static Set<String> wholeWords() {
    Set<String> words = new TreeSet<>();
    Words.names().forEach(name -> words.add(name.text()));
    for (Words.Noun noun : Words.nouns("person", "animal", "thing", "place")) {
      words.add(noun.singular());
      words.add(noun.plural());
    }
    words.addAll(Words.colours());
    words.addAll(List.of("he", "she", "is", "was", "has", "are", "were", "have", "positive", "negative"));
    WorldFacts facts = new WorldFacts();
    for (PromptPair pair : facts.draw(Split.TRAIN, facts.size(Split.TRAIN).intValueExact(), 0)) {
      words.add(pair.answer().strip());
    }
    List<String> series = new ArrayList<>(List.of("A", "I"));
    var successor = Tasks.text("successor");
    for (PromptPair pair : successor.draw(Split.TRAIN, successor.size(Split.TRAIN).intValueExact(), 0)) {
      pair.clean().spans().forEach(span -> series.add(pair.clean().textOf(span.name())));
      series.add(pair.answer().strip());
    }
    words.addAll(series);
    IntStream.rangeClosed(0, 99).mapToObj("%02d"::formatted).forEach(words::add);
    return words;
  }
}
