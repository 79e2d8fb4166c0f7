package io.loupe.workbench.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.datasets.Prompt;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.family.CheckpointWriter;
import io.loupe.workbench.hub.Hub;
import io.loupe.workbench.intervention.Application;
import io.loupe.workbench.intervention.Applications;
import io.loupe.workbench.intervention.Frame;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Receipt;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.nn.Folding;
import io.loupe.workbench.nn.Gauge;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.ParameterShapes;
import io.loupe.workbench.nn.Transformer;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.nn.Wiring;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokenizer;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A transformer with a hook point at every step. A value: it never changes, and {@link #with}
 * returns a view that shares its weights, so nothing needs resetting and nothing leaks from one
 * cell to the next.
 */
public final class HookedTransformer {
  /** The deviation that GPT-2's weights begin with. */
  public static final double INITIAL_DEVIATION = 0.02;

  private final ModelSource source;
  private final ModelConfig config;
  private final Weights weights;
  private final Transformer transformer;
  private final @Nullable Tokenizer tokenizer;
  private final Gauge gauge;
  private final List<Intervention> interventions;

  HookedTransformer(
      ModelSource source, ModelConfig config, Weights weights, @Nullable Tokenizer tokenizer) {
    this(
        source, config, weights, new Transformer(config, weights), tokenizer, Gauge.RAW, List.of());
  }

  private HookedTransformer(
      ModelSource source,
      ModelConfig config,
      Weights weights,
      Transformer transformer,
      @Nullable Tokenizer tokenizer,
      Gauge gauge,
      List<Intervention> interventions) {
    this.source = source;
    this.config = config;
    this.weights = weights;
    this.transformer = transformer;
    this.tokenizer = tokenizer;
    this.gauge = gauge;
    this.interventions = interventions;
  }

  // making one

  /** Loads a model in float32 on the CPU; see {@link #load(String, LoadOptions)}. */
  public static HookedTransformer load(String nameOrFolder) throws IOException {
    return load(nameOrFolder, LoadOptions.DEFAULT);
  }

  /**
   * Loads a shipped model by its name; or a Hugging Face folder by its path; or a model of the
   * Hugging Face hub by its name there, {@code owner/name} or {@code owner/name@revision}, which is
   * fetched if the cache does not have it; see {@link io.loupe.workbench.hub.Hub#fetch}.
   */
  public static HookedTransformer load(String nameOrFolder, LoadOptions options)
      throws IOException {
    return ModelLoader.load(nameOrFolder, options, Hub::fromEnvironment);
  }

  /**
   * Loads a Hugging Face folder: {@code config.json}, {@code model.safetensors} or {@code
   * pytorch_model.bin} or the index of either, and a tokenizer if there is one. Nothing holds on to
   * the files: the weights are copied out of them. Throws an {@code IOException} that names the
   * file and what was expected in it.
   */
  public static HookedTransformer load(Path folder, LoadOptions options) throws IOException {
    return ModelLoader.load(folder, folder.toString(), options);
  }

  /**
   * Makes an untrained model, initialised as GPT-2 was; the same seed makes the same weights. It
   * has no tokenizer.
   */
  public static HookedTransformer random(ModelConfig config, long seed, LoadOptions options) {
    return random(config, INITIAL_DEVIATION, seed, options);
  }

  /**
   * As {@link #random(ModelConfig, long, LoadOptions)}, with weights of another size: large ones
   * let a model learn its data by heart before it finds what they have in common (Liu et al. 2023,
   * Omnigrok).
   *
   * @param deviation of the normal distribution that weights are drawn from; finite, above 0
   */
  public static HookedTransformer random(
      ModelConfig config, double deviation, long seed, LoadOptions options) {
    if (!(deviation > 0 && Double.isFinite(deviation))) {
      throw new IllegalArgumentException(
          "Initial weights need a finite deviation above 0; got " + deviation);
    }
    NDManager manager = NativeMemory.reachable(options.device());
    Weights weights = RandomWeights.of(config, options.type(), deviation, seed, manager);
    ModelSource source = ModelSource.inMemory("random, seed " + seed, weights);
    return new HookedTransformer(source, config, weights, null);
  }

  /**
   * Makes a model of parameters of your own, which are used in place.
   *
   * @param name for people
   * @throws IllegalArgumentException if they are not those of the configuration: it says which are
   *     missing, too much or of another shape; see {@link ParameterShapes}
   */
  public static HookedTransformer of(String name, ModelConfig config, Weights weights) {
    ParameterShapes.check(config, weights);
    return new HookedTransformer(ModelSource.inMemory(name, weights), config, weights, null);
  }

  /**
   * Returns this model, its interventions and its tokenizer, with other weights, which are used in
   * place: what training makes of it.
   *
   * @param name for people
   * @throws IllegalArgumentException if they are not those of the configuration
   */
  public HookedTransformer withWeights(String name, Weights others) {
    ParameterShapes.check(config, others);
    return new HookedTransformer(
        ModelSource.inMemory(name, others),
        config,
        others,
        new Transformer(config, others),
        tokenizer,
        gauge,
        interventions);
  }

  /**
   * Returns this model with interventions behind those it has, sharing its weights. Throws {@code
   * IllegalArgumentException} naming what exists if one names a site, layer, head or position that
   * the model has not.
   */
  public HookedTransformer with(Intervention... more) {
    return with(Arrays.asList(more));
  }

  /** Returns this model with interventions behind those it has, sharing its weights. */
  public HookedTransformer with(List<Intervention> more) {
    more.forEach(intervention -> Application.check(intervention, config));
    List<Intervention> all = new ArrayList<>(interventions);
    all.addAll(more);
    return new HookedTransformer(
        source, config, weights, transformer, tokenizer, gauge, List.copyOf(all));
  }

  /**
   * Returns this model with its weights in another gauge, in which norms, biases and means that
   * stand in the way of reading them are folded away, as far as that changes no probability: see
   * {@link Gauge.Step}. A folded model returns itself. Takes a copy of the weights, in the model's
   * number format; tied embeddings become two.
   *
   * <p>Activations mean something else in it (LN1 has no norm's weight, Z no values' bias), and
   * zero ablation does something else. The interventions of this model are kept; what they write
   * should have been recorded from a model in the same gauge.
   */
  public HookedTransformer folded() {
    if (gauge.isFolded()) {
      return this;
    }
    Folding.Folded folded = Folding.of(config, weights);
    Transformer same = new Transformer(config, folded.weights());
    return new HookedTransformer(
        source, config, folded.weights(), same, tokenizer, folded.gauge(), interventions);
  }

  /** Writes the model in its own number format; see {@link #save(Path, DataType)}. */
  public void save(Path folder) throws IOException {
    save(folder, type());
  }

  /**
   * Writes {@code config.json} and {@code model.safetensors} into a folder from which {@link #load}
   * makes the same model: in GPT-2's layout, which Hugging Face transformers reads, if the model is
   * like GPT-2; otherwise with a {@code config.json} of {@code model_type} {@code loupe} that says
   * everything. A tokenizer is not written; interventions are none of the weights.
   *
   * @param type FLOAT32, FLOAT64 or FLOAT16, to which the weights are rounded
   * @throws IllegalArgumentException if the weights are folded: the files' family would read them
   *     wrongly
   */
  public void save(Path folder, DataType type) throws IOException {
    if (gauge.isFolded()) {
      throw new IllegalArgumentException(
          "Folded weights of %s are not saved, since a file does not say its gauge: save the model that folded() was called on"
              .formatted(name()));
    }
    try (NDManager scope = Engines.newManager(device())) {
      CheckpointWriter.write(folder, config, weights, scope, type);
    }
  }

  // what it is

  public ModelConfig config() {
    return config;
  }

  /** Returns the parameters themselves, not copies. */
  public Weights weights() {
    return weights;
  }

  /** Returns the single steps between the residual stream and the model's parts, without hooks. */
  public Wiring wiring() {
    return new Wiring(config, weights);
  }

  /** Returns the gauge of the weights: {@link Gauge#RAW} unless they were {@link #folded}. */
  public Gauge gauge() {
    return gauge;
  }

  /** Returns the interventions that every run applies, in order. */
  public List<Intervention> interventions() {
    return interventions;
  }

  /** Returns the model's name or folder. */
  public String name() {
    return source.name();
  }

  /**
   * Returns the SHA-256 of the files that the weights were read from; of the parameters for a model
   * made in memory. Hashes at the first call.
   */
  public String weightsSha256() {
    return source.sha256();
  }

  /** Returns the tokenizer; throws {@code IllegalStateException} if the model's folder has none. */
  public Tokenizer tokenizer() {
    if (tokenizer == null) {
      throw new IllegalStateException(
          name()
              + " has no tokenizer (no tokenizer.json, no vocab.json with merges.txt, no vocab.txt): give token ids, Tokens.of(...)");
    }
    return tokenizer;
  }

  /** Tells whether the model came with a tokenizer. */
  public boolean hasTokenizer() {
    return tokenizer != null;
  }

  public Device device() {
    return weights.get("embed.W_E").getDevice();
  }

  /** Returns the number format in which the model computes. */
  public DataType type() {
    return weights.get("embed.W_E").getDataType();
  }

  // text

  /**
   * Tokenises prompts into one batch, shorter ones padded on the right. Special tokens are added as
   * the model's tokenizer does.
   */
  public Tokens tokens(String... prompts) {
    return PromptTokens.of(tokenizer(), Arrays.stream(prompts).map(Prompt::of).toList());
  }

  /** Tokenises prompts into one batch; their named spans become spans of tokens. */
  public Tokens tokens(List<Prompt> prompts) {
    return PromptTokens.of(tokenizer(), prompts);
  }

  /**
   * Returns one row's tokens as readable text each, to label plots with. An id that the model has
   * and its tokenizer has not (some embeddings are padded) is shown as {@code <50300>}.
   */
  public List<String> labels(Tokens tokens, int row) {
    int known = tokenizer().vocabSize();
    return Arrays.stream(tokens.row(row))
        .mapToObj(id -> id < known ? tokenizer().token(id) : "<" + id + ">")
        .toList();
  }

  // running

  /** Runs a prompt and keeps the logits. */
  public Run run(String prompt) {
    return run(tokens(prompt));
  }

  /** Runs a batch and keeps the logits. */
  public Run run(Tokens tokens) {
    return run(tokens, Capture.nothing());
  }

  /** Runs a prompt and keeps every activation but those computed on demand. */
  public Run runWithCache(String prompt) {
    return runWithCache(tokens(prompt));
  }

  /** Runs a batch and keeps every activation but those computed on demand. */
  public Run runWithCache(Tokens tokens) {
    return run(tokens, Capture.everything());
  }

  /**
   * Runs a batch and keeps the logits and what the capture says. Where scores and pattern would
   * take more than 256 MB a layer and nobody asks for them, attention on the CPU is computed
   * without.
   *
   * @throws io.loupe.workbench.intervention.NeverFiredException if an intervention was never
   *     applied
   */
  public Run run(Tokens tokens, Capture capture) {
    InputCheck.tokens(tokens, config);
    try (NDManager scope = Engines.newManager(device())) {
      RunHooks hooks = hooks(tokens, capture, Set.of());
      NDArray logits = transformer.forward(tokens, scope, ofLongText(hooks, tokens));
      return finished(hooks, NativeMemory.keep(logits), tokens);
    }
  }

  /**
   * Runs the embedding and as many layers as are needed to see some activations, and keeps these:
   * no later layer, and no logits.
   *
   * @param points where; sites of a layer, or those before the first
   * @throws IllegalArgumentException if a point is not in the model, or stands behind the layers
   * @throws io.loupe.workbench.intervention.NeverFiredException if an intervention was never
   *     applied, as one behind the last of these layers
   */
  public ActivationCache activations(Tokens tokens, List<HookPoint> points) {
    InputCheck.tokens(tokens, config);
    int layers = InputCheck.layersFor(points, config);
    try (NDManager scope = Engines.newManager(device())) {
      RunHooks hooks = hooks(tokens, Capture.at(points.toArray(HookPoint[]::new)), Set.of());
      transformer.stream(tokens, layers, scope, ofLongText(hooks, tokens));
      hooks.receipts(); // throws if an intervention did nothing
      return new ActivationCache(tokens, hooks.captured());
    }
  }

  /**
   * Runs the layers of the model and reduces attention while it is computed, in memory that grows
   * with the length of the text and not with its square. There are no scores and no pattern, and no
   * logits; for these see {@link #attention(Tokens, AttentionRequest, Capture)}.
   *
   * @throws IllegalArgumentException if the request names a head, span, query or back end that
   *     there is not, or an intervention of the model acts on the mask, the scores or the pattern
   * @throws io.loupe.workbench.intervention.NeverFiredException if an intervention was never
   *     applied, as one behind the last layer
   */
  public AttentionRun attention(Tokens tokens, AttentionRequest request) {
    InputCheck.tokens(tokens, config);
    RunHooks hooks = hooks(tokens, Capture.nothing(), Set.of());
    AttentionHooks streaming = new AttentionHooks(hooks, config, tokens, tokens.length(), request);
    try (NDManager scope = Engines.newManager(device())) {
      transformer.stream(tokens, scope, streaming);
    }
    return new AttentionRun(
        streaming.statistics(), hooks.receipts(), null, () -> provenance(tokens, request));
  }

  /**
   * Runs the whole model, reduces attention while it is computed, and keeps the logits and what the
   * capture says, which cannot be the mask, the scores or the pattern.
   */
  public AttentionRun attention(Tokens tokens, AttentionRequest request, Capture capture) {
    InputCheck.tokens(tokens, config);
    RunHooks hooks = hooks(tokens, capture, Set.of());
    AttentionHooks streaming = new AttentionHooks(hooks, config, tokens, tokens.length(), request);
    try (NDManager scope = Engines.newManager(device())) {
      NDArray logits = transformer.forward(tokens, scope, streaming);
      Run run = finished(hooks, NativeMemory.keep(logits), tokens);
      return new AttentionRun(
          streaming.statistics(), run.receipts(), run, () -> provenance(tokens, request));
    }
  }

  /**
   * Runs the layers from one on, given the residual stream before it: what a sweep does that edits
   * late layers only. Interventions before that layer never fire, and fail the run.
   *
   * @param layer the first layer to run
   * @param residual RESID_PRE of that layer, [batch, pos, d_model]; left alone
   * @param tokens the tokens that it was computed from
   */
  public Run runFrom(int layer, NDArray residual, Tokens tokens, Capture capture) {
    InputCheck.tokens(tokens, config);
    config.require(Sites.RESID_PRE.at(layer));
    Shape expected = new Shape(tokens.batch(), tokens.length(), config.dModel());
    if (!residual.getShape().equals(expected)) {
      throw new IllegalArgumentException(
          "The residual stream of %s has the shape %s; got %s"
              .formatted(tokens, expected, residual.getShape()));
    }
    try (NDManager scope = Engines.newManager(device())) {
      RunHooks hooks = hooks(tokens, capture, Set.of());
      NDArray logits =
          transformer.resume(
              layer, residual, tokens, null, 1, false, scope, ofLongText(hooks, tokens));
      return finished(hooks, NativeMemory.keep(logits), tokens);
    }
  }

  /**
   * Decodes a residual stream as if it were the last layer's: final norm and unembedding.
   *
   * @param residual [..., d_model]
   * @return logits, [..., vocab], in the manager of the residual stream
   */
  public NDArray decode(NDArray residual) {
    return transformer.decode(residual);
  }

  /**
   * Returns the gradient of a metric, summed over the batch, with respect to activations at hook
   * points.
   *
   * @param metric differentiable, e.g. {@link Metrics#logitDifference}
   */
  public Gradients gradients(Tokens tokens, Metric metric, HookPoint... points) {
    return gradients(tokens, metric, Capture.nothing(), points);
  }

  /**
   * Returns gradients as {@link #gradients(Tokens, Metric, HookPoint...)} does, of a run that
   * captured further activations beside those at the points.
   */
  public Gradients gradients(Tokens tokens, Metric metric, Capture also, HookPoint... points) {
    InputCheck.tokens(tokens, config);
    if (points.length == 0) {
      throw new IllegalArgumentException("Name at least one hook point, e.g. RESID_POST.at(0)");
    }
    Set<HookPoint> tapped = Set.copyOf(Arrays.asList(points));
    tapped.forEach(config::require);
    return GradientPass.of(this, transformer, tokens, metric, also, tapped);
  }

  /**
   * Runs a batch with other weights, inside the graph that autograd records: what training does.
   * Interventions act, and gradients flow through them.
   *
   * @param leaves one for each of this model's parameters, in the scope's manager
   * @param kept points whose activations are handed out, with their history
   * @param scope of {@link Engines#newRecordingManager}; owns all that is made
   * @throws io.loupe.workbench.intervention.NeverFiredException if an intervention was never
   *     applied
   */
  public RecordedPass recorded(
      Weights leaves, Tokens tokens, Set<HookPoint> kept, NDManager scope) {
    InputCheck.tokens(tokens, config);
    kept.forEach(config::require);
    RecordedPass.Keeping hooks =
        new RecordedPass.Keeping(Frame.whole(tokens), new Applications(interventions), kept, scope);
    return hooks.finished(new Transformer(config, leaves).forward(tokens, scope, hooks));
  }

  /**
   * Continues a prompt with the most probable token, again and again; interventions act at every
   * step.
   *
   * @param newTokens how many; prompt and continuation must fit the model's context
   */
  public Generation generate(String prompt, int newTokens) {
    return generate(prompt, GenerationOptions.greedy(newTokens));
  }

  /** Continues a prompt; see {@link #generate(Tokens, GenerationOptions)}. */
  public Generation generate(String prompt, GenerationOptions options) {
    return generate(tokens(prompt), options);
  }

  /** Continues rows of tokens greedily; returns the rows with their continuations. */
  public Tokens generate(Tokens prompts, int newTokens) {
    return generate(prompts, GenerationOptions.greedy(newTokens)).tokens();
  }

  /**
   * Continues rows of tokens. The first step computes the whole prompt, each further step one token
   * more, reading the keys and values that earlier steps left. An intervention acts on a position
   * in the step in which that position is computed, and goes on acting through its keys and values;
   * position -1 is the prompt's last token and then each new one. What a patch writes was recorded
   * from a text; positions behind that text's end are left as they are.
   *
   * @throws IllegalArgumentException if the model is bidirectional, or prompt and continuation do
   *     not fit its context
   * @throws io.loupe.workbench.intervention.NeverFiredException if an intervention was never
   *     applied
   */
  public Generation generate(Tokens prompts, GenerationOptions options) {
    InputCheck.generation(prompts, options.newTokens(), config);
    try (Generator generator = new Generator(this, transformer, options)) {
      return generator.generate(prompts);
    }
  }

  /** Returns how results of this model on these tokens come about. Hashes the weights. */
  public Provenance provenance(Tokens tokens) {
    List<List<Long>> rows = new ArrayList<>();
    for (int row = 0; row < tokens.batch(); row++) {
      rows.add(Arrays.stream(tokens.row(row)).boxed().toList());
    }
    return new Provenance(
        name(),
        source.sha256(),
        tokenizer == null ? "" : tokenizer.sha256(),
        rows,
        interventions.stream().map(Intervention::toString).toList(),
        gauge.toString(),
        type().toString(),
        device().toString(),
        Map.of(
            "pytorch", Engines.pytorch().getVersion(), "java", System.getProperty("java.version")));
  }

  private Provenance provenance(Tokens tokens, AttentionRequest request) {
    Provenance plain = provenance(tokens);
    List<String> changes = new ArrayList<>(plain.interventions());
    request.edits().forEach(edit -> changes.add(edit.toString()));
    Map<String, String> versions = new TreeMap<>(plain.versions());
    versions.put("attention", request.backend());
    return new Provenance(
        plain.model(),
        plain.weightsSha256(),
        plain.tokenizerSha256(),
        plain.tokens(),
        changes,
        plain.gauge(),
        plain.type(),
        plain.device(),
        versions);
  }

  /** Returns family, sizes, and the gauge of the weights. */
  @Override
  public String toString() {
    return "HookedTransformer[%s: %s, %d layers x %d heads, d_model %d, %,d parameters, %s%s]"
        .formatted(
            name(),
            config.family(),
            config.layers(),
            config.heads(),
            config.dModel(),
            weights.parameters(),
            gauge.label(),
            interventions.isEmpty() ? "" : ", with " + interventions);
  }

  Transformer transformer() {
    return transformer;
  }

  RunHooks hooks(Tokens tokens, Capture capture, Set<HookPoint> tapped) {
    return new RunHooks(Frame.whole(tokens), capture, new Applications(interventions), tapped);
  }

  private Hooks ofLongText(RunHooks hooks, Tokens tokens) {
    return LongText.of(hooks, this, tokens, tokens.length());
  }

  Run finished(RunHooks hooks, NDArray logits, Tokens tokens) {
    List<Receipt> receipts = hooks.receipts();
    ActivationCache cache = new ActivationCache(tokens, hooks.captured());
    return new Run(logits, cache, receipts, hooks.fired(), () -> provenance(tokens));
  }
}
