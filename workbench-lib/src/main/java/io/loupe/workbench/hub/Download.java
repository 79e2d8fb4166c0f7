package io.loupe.workbench.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/** Brings one commit of a model into the cache. */
final class Download {
  private static final int SHOWN = 12;

  private final Http http;
  private final HubSettings settings;
  private final Meter meter;
  private final Retry retry;
  private final RepoFolder folder;
  private final Listing listing;
  private boolean written;

  Download(Http http, HubSettings settings, Meter meter, RepoFolder folder, Listing listing) {
    this.http = http;
    this.settings = settings;
    this.meter = meter;
    this.retry = new Retry(settings.patience(), meter::note);
    this.folder = folder;
    this.listing = listing;
  }

  Snapshot run(Hub.ConfigCheck check) throws IOException {
    require(List.of(ModelFiles.CONFIG), "no " + ModelFiles.CONFIG);
    String weights =
        ModelFiles.weights(listing.files()::contains)
            .orElseThrow(() -> lacks("no weights that can be read, " + ModelFiles.weightNames()));
    check.check(file(ModelFiles.CONFIG));
    for (String small : ModelFiles.small(listing.files())) {
      file(small);
    }
    Path fetched = file(weights);
    if (weights.endsWith(ModelFiles.INDEX_ENDING)) {
      Collection<String> shards = ShardIndex.shards(fetched, subject(weights));
      require(shards, "not all files that " + weights + " names, which are " + shards);
      for (String shard : shards) {
        file(shard);
      }
    }
    remember();
    meter.done();
    return new Snapshot(folder.name(), listing.commit(), folder.snapshot(listing.commit()));
  }

  private Subject subject(String file) {
    return new Subject(folder.name(), file);
  }

  private void require(Collection<String> files, String problem) throws HubException {
    if (!listing.files().containsAll(files)) {
      throw lacks(problem);
    }
  }

  private HubException lacks(String problem) {
    List<String> files = listing.files().stream().limit(SHOWN).toList();
    String more = listing.files().size() > SHOWN ? " and more" : "";
    return new Subject(folder.name(), null)
        .refused("the repository has %s; it has %s%s".formatted(problem, files, more));
  }

  /** Returns a file's place in the snapshot; it is there afterwards. */
  private Path file(String name) throws HubException {
    Path pointer = folder.pointer(listing.commit(), name);
    if (Files.exists(pointer)) {
      return pointer;
    }
    Subject subject = subject(name);
    RemoteFile file =
        retry.run(subject, () -> RemoteFile.describe(http, settings, subject, listing.commit()));
    try {
      place(file, pointer);
      return pointer;
    } catch (HubException e) {
      throw e;
    } catch (IOException e) {
      throw CacheFaults.cannotWrite(subject, settings, e);
    } catch (InterruptedException e) {
      throw Http.interrupted(subject, e);
    }
  }

  private void place(RemoteFile file, Path pointer) throws IOException, InterruptedException {
    Path blob = folder.blob(file.etag());
    Files.createDirectories(blob.resolveSibling(""));
    Runnable waiting =
        () -> meter.note(file.subject() + ": waiting for another download of the same file");
    try (Locks.Held lock = Locks.acquire(folder.lock(file.etag()), waiting)) {
      if (Files.exists(pointer)) {
        return;
      }
      boolean there = Files.exists(blob) && (file.size() < 0 || Files.size(blob) == file.size());
      if (!there) {
        new BlobDownload(http, settings, meter, file, blob).run();
      }
      RepoFolder.point(pointer, blob, settings.symlinks(), !there);
      written = true;
    }
  }

  /** A cache that is read-only will do if it has all files. */
  private void remember() throws HubException {
    try {
      folder.remember(listing.commit());
    } catch (IOException e) {
      if (written) {
        throw CacheFaults.cannotWrite(new Subject(folder.name(), null), settings, e);
      }
    }
  }
}
