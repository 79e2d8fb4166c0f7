package io.loupe.workbench.hub;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * Fetches a file into {@code <blob>.incomplete} and gives it its name when it is whole and its hash
 * is right. What a broken connection left there is gone on with, also by a later process.
 */
final class BlobDownload {
  private final Http http;
  private final HubSettings settings;
  private final Meter meter;
  private final RemoteFile file;
  private final Path blob;
  private final Path incomplete;
  private long received;

  BlobDownload(Http http, HubSettings settings, Meter meter, RemoteFile file, Path blob) {
    this.http = http;
    this.settings = settings;
    this.meter = meter;
    this.file = file;
    this.blob = blob;
    this.incomplete = blob.resolveSibling(blob.getFileName() + ".incomplete");
  }

  /** Makes the blob; the caller holds its lock. */
  void run() throws IOException {
    CacheFaults.checkRoom(file.subject(), settings, blob.resolveSibling(""), file.size() - have());
    boolean begun = have() > 0;
    transfer();
    if (!matches() && begun) {
      Files.delete(incomplete); // what an earlier process left may be to blame
      transfer();
    }
    if (!matches()) {
      Files.delete(incomplete);
      throw file.subject()
          .refused(
              "what came is not what the hub promised: its hash is not %s; it was thrown away"
                  .formatted(file.etag()));
    }
    Files.move(
        incomplete, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    meter.ended(received);
  }

  private boolean matches() throws IOException {
    return file.checksum().matches(incomplete, file.etag());
  }

  private void transfer() throws HubException {
    try {
      new Retry(settings.patience(), meter::note).run(file.subject(), this::attempt, this::have);
    } catch (UnavailableException e) {
      String kept =
          "; the %s that came are kept: load it again to go on".formatted(Meter.size(have()));
      throw file.subject().refused(e.problem() + (have() > 0 ? kept : ""), e);
    }
  }

  private long have() {
    return incomplete.toFile().length(); // 0 if it is not there
  }

  /** Brings the file as far as one connection does; returns its size. */
  private long attempt() throws HubException {
    long have = have();
    if (have > 0 && have == file.size()) {
      return have;
    }
    if (file.size() >= 0 && have > file.size()) {
      have = 0;
    }
    try (Reply reply = http.get(file.uri(), have, file.subject())) {
      long offset = offset(reply, have);
      meter.start(String.valueOf(file.subject().file()), file.size(), offset);
      long end = copy(reply, offset);
      if (file.size() >= 0 && end < file.size()) {
        throw new UnavailableException(
            file.subject(), "it ended after %d of %d bytes".formatted(end, file.size()));
      }
      return end;
    }
  }

  private long offset(Reply reply, long asked) throws HubException {
    if (reply.status() == 416 && asked > 0) {
      discard(); // nothing begins there: what was there is another file's
      throw new UnavailableException(file.subject(), "the hub has no more; from the start again");
    }
    if (reply.status() != 200 && reply.status() != 206) {
      throw new Refusals(settings).of(reply, file.subject());
    }
    try {
      return BodyCheck.offset(reply, file, asked);
    } catch (HubException e) {
      discard();
      throw e;
    }
  }

  private long copy(Reply reply, long offset) throws HubException {
    long end = offset;
    try (OutputStream out = open(offset > 0)) {
      ByteBuffer piece;
      while ((piece = next(reply.body())) != null) {
        end += piece.remaining();
        if (file.size() >= 0 && end > file.size()) {
          discard();
          throw file.subject()
              .refused("more comes than the %d bytes promised".formatted(file.size()));
        }
        received += piece.remaining();
        write(out, piece);
        meter.at(end);
      }
    } catch (HubException e) {
      throw e;
    } catch (IOException e) {
      throw CacheFaults.cannotWrite(file.subject(), settings, e);
    }
    return end;
  }

  private @Nullable ByteBuffer next(Body body) throws HubException {
    try {
      return body.next(settings.patience().stall());
    } catch (IOException e) {
      throw new UnavailableException(file.subject(), String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      throw Http.interrupted(file.subject(), e);
    }
  }

  /** No channel: an interrupt would close it in the middle of a write. */
  private OutputStream open(boolean append) throws IOException {
    return new FileOutputStream(incomplete.toFile(), append);
  }

  private static void write(OutputStream out, ByteBuffer piece) throws IOException {
    byte[] bytes = new byte[piece.remaining()];
    piece.get(bytes);
    out.write(bytes);
  }

  private void discard() throws HubException {
    try {
      Files.deleteIfExists(incomplete);
    } catch (IOException e) {
      throw CacheFaults.cannotWrite(file.subject(), settings, e);
    }
  }
}
