package io.loupe.workbench.hub;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A model's place in the cache, as Python's {@code huggingface_hub} lays it out: {@code
 * models--owner--name} with the contents in {@code blobs}, by hash; the files of a commit in {@code
 * snapshots/<commit>}, as links to blobs; and the commit that a branch or tag stood for when it was
 * last fetched in {@code refs/<revision>}.
 */
record RepoFolder(Path cache, HubName name) {
  private static final Pattern FILE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*");

  private String folder() {
    return "models--" + name.owner() + "--" + name.name();
  }

  Path blob(String etag) {
    return cache.resolve(folder()).resolve("blobs").resolve(etag);
  }

  /** The place of Python's lock for the same blob. */
  Path lock(String etag) {
    return cache.resolve(".locks").resolve(folder()).resolve(etag + ".lock");
  }

  Path snapshot(String commit) {
    return cache.resolve(folder()).resolve("snapshots").resolve(commit);
  }

  /** Returns a file's place in a snapshot; only names without a path in them have one. */
  Path pointer(String commit, String file) throws HubException {
    if (!isFileName(file)) {
      throw new Subject(name, null)
          .refused("a file named '%s' could lie outside of its folder".formatted(file));
    }
    return snapshot(commit).resolve(file);
  }

  static boolean isFileName(String name) {
    return FILE.matcher(name).matches();
  }

  private Path ref() {
    return cache.resolve(folder()).resolve("refs").resolve(name.revision());
  }

  /** Returns the commit that the revision stood for, if the cache knows. */
  Optional<String> commit() throws IOException {
    if (HubName.isCommit(name.revision())) {
      return Optional.of(name.revision());
    }
    return Files.isRegularFile(ref())
        ? Optional.of(Files.readString(ref()).strip()).filter(HubName::isCommit)
        : Optional.empty();
  }

  /** Returns what the cache has of the revision, if anything; files may be missing. */
  Optional<Snapshot> snapshot() throws IOException {
    return commit()
        .map(commit -> new Snapshot(name, commit, snapshot(commit)))
        .filter(snapshot -> Files.isDirectory(snapshot.folder()));
  }

  /** Remembers what the revision stands for. */
  void remember(String commit) throws IOException {
    if (commit().equals(Optional.of(commit)) || commit.equals(name.revision())) {
      return;
    }
    Files.createDirectories(ref().resolveSibling(""));
    Path temporary = ref().resolveSibling(ref().getFileName() + "." + UUID.randomUUID() + ".tmp");
    Files.writeString(temporary, commit);
    Files.move(
        temporary, ref(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Makes a blob a file of a snapshot: a relative link, so that the cache can be moved; or, where
   * links cannot be made, the file itself.
   *
   * @param fresh whether nobody else can refer to the blob yet, so that it may be moved
   */
  static void point(Path pointer, Path blob, boolean symlinks, boolean fresh) throws IOException {
    Files.createDirectories(pointer.resolveSibling(""));
    if (symlinks && link(pointer, pointer.resolveSibling("").relativize(blob))) {
      return;
    }
    if (fresh) {
      Files.move(blob, pointer, StandardCopyOption.REPLACE_EXISTING);
    } else {
      Path temporary = pointer.resolveSibling(pointer.getFileName() + ".incomplete");
      Files.copy(blob, temporary, StandardCopyOption.REPLACE_EXISTING);
      Files.move(temporary, pointer, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static boolean link(Path pointer, Path target) {
    try {
      Files.deleteIfExists(pointer); // a link to a blob that is gone
      Files.createSymbolicLink(pointer, target);
      return true;
    } catch (FileAlreadyExistsException e) {
      return Files.exists(pointer); // somebody was faster
    } catch (IOException | UnsupportedOperationException e) {
      return false; // not on this file system, or not for this user: the copy says it if it fails
      // too
    }
  }
}
