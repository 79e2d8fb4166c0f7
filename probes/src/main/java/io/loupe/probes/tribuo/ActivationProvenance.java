package io.loupe.probes.tribuo;

import com.oracle.labs.mlrg.olcut.provenance.Provenance;
import com.oracle.labs.mlrg.olcut.provenance.primitives.IntProvenance;
import com.oracle.labs.mlrg.olcut.provenance.primitives.LongProvenance;
import com.oracle.labs.mlrg.olcut.provenance.primitives.StringProvenance;
import com.oracle.labs.mlrg.olcut.util.Pair;
import io.loupe.probes.data.Origin;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tribuo.provenance.DataSourceProvenance;

/**
 * What a Tribuo model remembers of its training data: the model that the activations were read
 * from, its weights' hash, the place, the tokens' hash, the seed and the number of examples. Tribuo
 * keeps it in the model's own provenance, through saving and loading.
 */
public final class ActivationProvenance implements DataSourceProvenance {
  private static final long serialVersionUID = 1L;
  private static final String SEED = "seed";
  private static final String EXAMPLES = "examples";

  private final TreeMap<String, Provenance> parts;

  /** Makes the provenance of a training set. */
  public ActivationProvenance(Origin origin, long seed, int examples) {
    this.parts = new TreeMap<>();
    origin.asMap().forEach((key, value) -> parts.put(key, new StringProvenance(key, value)));
    parts.put(SEED, new LongProvenance(SEED, seed));
    parts.put(EXAMPLES, new IntProvenance(EXAMPLES, examples));
  }

  /** Makes it of its parts: what Tribuo calls when it loads a model. */
  public ActivationProvenance(Map<String, Provenance> parts) {
    this.parts = new TreeMap<>(parts);
    // Tribuo adds the class's name, which is no part
    this.parts
        .keySet()
        .retainAll(new ActivationProvenance(Origin.given("", ""), 0, 0).parts.keySet());
  }

  /** Returns one part as text, such as {@code weightsSha256}; empty if there is none. */
  public String part(String name) {
    Provenance part = parts.get(name);
    return part == null ? "" : part.toString();
  }

  @Override
  public String getClassName() {
    return ActivationProvenance.class.getName();
  }

  @Override
  public Iterator<Pair<String, Provenance>> iterator() {
    List<Pair<String, Provenance>> pairs = new ArrayList<>();
    parts.forEach((key, value) -> pairs.add(new Pair<>(key, value)));
    return pairs.iterator();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ActivationProvenance provenance && parts.equals(provenance.parts);
  }

  @Override
  public int hashCode() {
    return parts.hashCode();
  }

  @Override
  public String toString() {
    return generateString("Activations");
  }
}
