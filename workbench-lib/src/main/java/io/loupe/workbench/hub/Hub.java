package io.loupe.workbench.hub;

import io.loupe.workbench.display.Display;
import io.loupe.workbench.display.ProgressLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A Hugging Face hub, or a server that speaks as it does, and the cache of what came from it. */
public final class Hub {
  private final HubSettings settings;
  private final Consumer<ProgressLine> progress;
  private final Http http;

  /**
   * Makes one.
   *
   * @param progress takes lines about downloads
   */
  public Hub(HubSettings settings, Consumer<ProgressLine> progress) {
    this.settings = settings;
    this.progress = progress;
    this.http = new Http(settings);
  }

  /** Makes one as the environment says; see {@link HubSettings#of}. */
  public static Hub fromEnvironment() throws IOException {
    return new Hub(HubSettings.fromEnvironment(), Display::progress);
  }

  /**
   * Looks at a configuration before the weights are fetched, and throws if they would be of no use.
   */
  @FunctionalInterface
  public interface ConfigCheck {
    void check(Path config) throws IOException;
  }

  /**
   * Returns a model's folder, fetching what the cache lacks: {@code config.json}, the weights (as
   * safetensors if the repository has them, else as {@code pytorch_model.bin}) and the tokenizer.
   * The hub is asked what the revision stands for, unless that is a commit and the cache has it. If
   * it is offline or cannot be reached, what the cache has is taken.
   *
   * @throws HubException if the hub refuses, cannot be reached, or sends something else than it
   *     promised; it says what to do. What a broken connection brought is kept, and gone on with
   * @throws IOException if the check does, or the cache cannot be read
   */
  public Snapshot fetch(HubName name, ConfigCheck check) throws IOException {
    RepoFolder folder = new RepoFolder(settings.cache(), name);
    Subject subject = new Subject(name, null);
    Optional<Snapshot> cached = folder.snapshot();
    List<String> missing = cached.isPresent() ? ModelFiles.missing(cached.get()) : List.of();
    Optional<Snapshot> whole = cached.filter(snapshot -> missing.isEmpty());
    if (settings.offline()) {
      String reason = "HF_HUB_OFFLINE is set, so nothing is fetched";
      return whole.orElseThrow(() -> subject.refused(reason + lack(name, cached, missing)));
    }
    if (HubName.isCommit(name.revision()) && whole.filter(ModelFiles::hasVocabulary).isPresent()) {
      return whole.get();
    }
    Meter meter = new Meter(name, progress, settings.patience().report(), System::nanoTime);
    Listing listing;
    try {
      listing = list(name, meter, whole.isPresent());
    } catch (UnavailableException e) {
      if (whole.isPresent()) {
        meter.last(e.getMessage() + "; the copy in the cache is taken");
        return whole.get();
      }
      throw subject.refused(e.problem() + lack(name, cached, missing), e);
    }
    return new Download(http, settings, meter, folder, listing).run(check);
  }

  /** With a copy in the cache nobody should wait for a hub that is away. */
  private Listing list(HubName name, Meter meter, boolean cached) throws HubException {
    Patience patience = cached ? settings.patience().once() : settings.patience();
    try {
      return new Retry(patience, meter::note)
          .run(new Subject(name, null), () -> Listing.fetch(http, settings, name));
    } catch (UnavailableException e) {
      throw e;
    } catch (HubException e) {
      String hint = cached ? "; with HF_HUB_OFFLINE=1 the copy in the cache is taken" : "";
      throw new Subject(name, null).refused(e.problem() + hint, e);
    }
  }

  private String lack(HubName name, Optional<Snapshot> cached, List<String> missing) {
    String lacks =
        cached.isPresent()
            ? "lacks " + String.join(", ", missing) + " in " + cached.get().folder()
            : "has nothing of revision '" + name.revision() + "'";
    return "; and the cache %s %s".formatted(settings.cache(), lacks);
  }
}
