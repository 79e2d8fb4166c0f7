package io.loupe.probes.saved;

import io.loupe.probes.data.FeatureCapture;
import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Origin;
import io.loupe.probes.data.Partition;
import io.loupe.probes.data.ProbeData;
import io.loupe.probes.data.Spot;
import io.loupe.probes.data.SpotFeatures;
import io.loupe.probes.score.Scores;
import io.loupe.probes.sweep.ProbeResults;
import io.loupe.probes.sweep.Trial;
import io.loupe.probes.trainer.Probe;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.safetensors.SafetensorsFile;
import io.loupe.workbench.safetensors.SafetensorsWriter;
import io.loupe.workbench.site.HookPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A sweep in a folder: {@code probes.safetensors} holds the probes, {@code sweep.json} labels,
 * partitions, numbers and provenance (model, hashes of weights, tokenizer and tokens, places,
 * seeds, Java's version). Read back, its probes give the same numbers on the same activations;
 * {@link #evaluate} reads these off the model again and shows both. Probes of the control task are
 * not kept, their numbers are. Immutable.
 */
public final class SavedSweep implements Displayable {
  private static final String FILE = "sweep.json";
  private static final String TENSORS = "probes.safetensors";
  private static final String FORMAT = "loupe-probe-sweep";
  private static final int VERSION = 1;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Origin origin;
  private final Labelled labelled;
  private final List<SavedProbe> probes;

  private SavedSweep(Origin origin, Labelled labelled, List<SavedProbe> probes) {
    this.origin = origin;
    this.labelled = labelled;
    this.probes = List.copyOf(probes);
  }

  /**
   * Writes a sweep into a folder, which is made if it is not there.
   *
   * @throws IllegalArgumentException if a probe is neither a {@code LinearProbe} nor one of
   *     Tribuo's; before anything is written
   */
  public static void write(ProbeResults results, Path folder) throws IOException {
    ObjectNode root = JSON.createObjectNode().put("format", FORMAT).put("version", VERSION);
    root.put("java", Runtime.version().toString()).put("seed", results.seed());
    root.put("measure", results.measure());
    SweepFile.write(root.putObject("provenance"), results.origin());
    SweepFile.write(root.putObject("data"), results.labelled());
    ArrayNode partitions = root.putArray("partitions");
    results
        .at(results.spots().get(0))
        .all()
        .forEach(trial -> SweepFile.write(partitions.addObject(), trial.partition()));
    ArrayNode probes = root.putArray("probes");
    SafetensorsWriter tensors = new SafetensorsWriter().metadata("format", FORMAT);
    for (Spot spot : results.spots()) {
      List<Trial> trials = results.at(spot).all();
      for (int t = 0; t < trials.size(); t++) {
        ProbeTensors.requireSavable(trials.get(t).probe());
        String name = String.valueOf(probes.size());
        ProbeTensors.add(tensors, name, trials.get(t).probe());
        write(probes.addObject().put("partition", t), spot, trials.get(t));
      }
    }
    Files.createDirectories(folder);
    tensors.write(folder.resolve(TENSORS));
    Files.writeString(folder.resolve(FILE), JSON.writeValueAsString(root) + "\n");
  }

  private static void write(ObjectNode node, Spot spot, Trial trial) {
    SweepFile.write(node.putObject("spot"), spot);
    node.put("seed", trial.seed()).put("trainer", trial.trainer()).put("setting", trial.setting());
    node.put("output", trial.probe().output().name());
    SweepFile.write(node.putObject("test"), trial.test().values());
    Map<String, Double> baselines = new LinkedHashMap<>();
    baselines.put("majority", trial.majority().value());
    trial.control().ifPresent(scores -> baselines.put("control", scores.value()));
    trial.shuffled().ifPresent(scores -> baselines.put("shuffled", scores.value()));
    SweepFile.write(node.putObject("baselines"), baselines);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws SavedSweepException if there is no sweep, or it is damaged
   */
  public static SavedSweep read(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new SavedSweepException(
          file,
          "there is no such file, so this is no saved sweep; SavedSweep.write(...) makes one");
    }
    try {
      JsonNode root = JSON.readTree(Files.readString(file));
      if (!root.path("format").asString("").equals(FORMAT)
          || root.path("version").asInt(-1) != VERSION) {
        throw new SavedSweepException(
            file, "its format is not %s, version %d".formatted(FORMAT, VERSION));
      }
      return parse(root, SafetensorsFile.open(folder.resolve(TENSORS)));
    } catch (JacksonException | IllegalArgumentException | IllegalStateException e) {
      throw new SavedSweepException(file, "damaged: " + e.getMessage(), e);
    }
  }

  private static SavedSweep parse(JsonNode root, SafetensorsFile tensors) throws IOException {
    Labelled labelled = SweepFile.labelled(root.required("data"));
    List<Partition> partitions = new ArrayList<>();
    root.required("partitions").forEach(node -> partitions.add(SweepFile.partition(node)));
    List<SavedProbe> probes = new ArrayList<>();
    for (JsonNode node : root.required("probes")) {
      Probe probe =
          ProbeTensors.read(
              tensors,
              String.valueOf(probes.size()),
              Probe.Output.valueOf(SweepFile.text(node, "output")),
              labelled.labels().names());
      int partition = node.required("partition").asInt();
      if (partition < 0 || partition >= partitions.size()) {
        throw new IllegalArgumentException("there is no partition " + partition);
      }
      probes.add(
          new SavedProbe(
              SweepFile.spot(node.required("spot")),
              node.required("seed").asLong(),
              partitions.get(partition),
              SweepFile.text(node, "trainer"),
              SweepFile.text(node, "setting"),
              probe,
              SweepFile.numbers(node.required("test")),
              SweepFile.numbers(node.required("baselines"))));
    }
    return new SavedSweep(SweepFile.origin(root.required("provenance")), labelled, probes);
  }

  /** Returns where the features came from. */
  public Origin origin() {
    return origin;
  }

  /** Returns labels, groups and types. */
  public Labelled labelled() {
    return labelled;
  }

  /** Returns all probes, place by place, and of each place seed by seed. */
  public List<SavedProbe> probes() {
    return probes;
  }

  /**
   * Reads the activations off the model again and scores all probes on their test examples.
   *
   * @throws IllegalArgumentException if model or data are not those of the sweep; it says in what
   *     they differ, before anything is run
   */
  public Reevaluation evaluate(HookedTransformer model, ProbeData data) {
    Map<String, String> now = new TreeMap<>(Origin.of(model, data, "").asMap());
    List<String> differences = new ArrayList<>();
    origin
        .asMap()
        .forEach(
            (name, saved) -> {
              // a model that moved to another folder is the same model
              if (!name.equals("model") && !name.equals("place") && !saved.equals(now.get(name))) {
                differences.add("%s was %s and is %s".formatted(name, saved, now.get(name)));
              }
            });
    if (!labelled.labels().names().equals(data.labels().names())
        || labelled.size() != data.size()) {
      differences.add(
          "labels were %s and are %s".formatted(labelled.labels().names(), data.labels().names()));
    }
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          "This is not what the sweep was made of: " + String.join("; ", differences));
    }
    List<HookPoint> points = probes.stream().map(own -> own.spot().point()).distinct().toList();
    List<Pooling> poolings = probes.stream().map(own -> own.spot().pooling()).distinct().toList();
    return evaluate(FeatureCapture.of(model, data, points, poolings));
  }

  /**
   * Scores all probes on their test examples.
   *
   * @param features of all examples, at least at the probes' places
   */
  public Reevaluation evaluate(List<SpotFeatures> features) {
    List<Map<String, Double>> now = new ArrayList<>();
    for (SavedProbe saved : probes) {
      Features own =
          features.stream()
              .filter(each -> each.spot().equals(saved.spot()))
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "There are no features of %s; the sweep needs those of %s"
                              .formatted(
                                  saved.spot(),
                                  probes.stream().map(SavedProbe::spot).distinct().toList())))
              .features();
      if (own.rows() != labelled.size()) {
        throw new IllegalArgumentException(
            "Labels are not aligned to features: %d labels, %d rows at %s"
                .formatted(labelled.size(), own.rows(), saved.spot()));
      }
      now.add(Scores.of(saved.probe(), own, labelled.labels(), saved.partition().test()).values());
    }
    return new Reevaluation(probes, now);
  }

  /** Returns the saved numbers of all probes. */
  public Table table() {
    Table table = Table.of("place", "seed", "setting", "score", "value", "baselines");
    for (SavedProbe own : probes) {
      Map.Entry<String, Double> value = own.test().entrySet().iterator().next();
      table =
          table.row(
              own.spot(),
              own.seed(),
              own.setting(),
              value.getKey(),
              value.getValue(),
              own.baselines());
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return table().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "Saved sweep of %s, %d probes, %s"
        .formatted(labelled.name(), probes.size(), origin.model());
  }
}
