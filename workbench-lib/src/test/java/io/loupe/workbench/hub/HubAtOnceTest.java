package io.loupe.workbench.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who comes second waits, and takes what the first one fetched. */
class HubAtOnceTest extends HubFixture {
  @Test
  void twoThreadsFetchEachBlobOnce() throws Exception {
    slow();
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Future<Snapshot>> snapshots = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      snapshots.add(
          threads.submit(
              () -> {
                start.await();
                return fetch();
              }));
    }
    start.countDown();
    for (Future<Snapshot> snapshot : snapshots) {
      Path weights = snapshot.get(10, TimeUnit.SECONDS).folder().resolve(WEIGHTS);
      assertThat(weights).hasBinaryContent(server.content(WEIGHTS));
    }
    threads.shutdown();
    assertEachFetchedOnce();
    assertThat(progress).anyMatch(line -> line.text().contains("waiting for another download"));
  }

  @Test
  void twoProcessesFetchEachBlobOnce() throws Exception {
    slow();
    Process one = process();
    Process other = process();
    for (Process process : List.of(one, other)) {
      String said = new String(process.getInputStream().readAllBytes());
      assertThat(process.waitFor()).as(said).isZero();
    }
    assertEachFetchedOnce();
  }

  /** Gives the second time to come while the first is at it. */
  private void slow() {
    byte[] weights = server.content(WEIGHTS);
    server.always(
        "GET /cdn/" + WEIGHTS,
        exchange -> {
          exchange.sendResponseHeaders(200, weights.length);
          for (int i = 0; i < 10; i++) {
            exchange.getResponseBody().write(weights, i * 30_000, 30_000);
            exchange.getResponseBody().flush();
            HubDownloadTest.sleep(100);
          }
          exchange.close();
        });
  }

  private void assertEachFetchedOnce() {
    for (String file : List.of("config.json", "tokenizer.json", WEIGHTS)) {
      assertThat(server.downloads(file)).as(file).hasSize(1);
    }
  }

  private Process process() throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    ProcessBuilder builder =
        new ProcessBuilder(
                java, "-XX:TieredStopAtLevel=1", "-cp", classes, OtherProcess.class.getName())
            .redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    environment.remove("HF_HUB_OFFLINE");
    environment.put("HF_ENDPOINT", server.endpoint());
    environment.put("HF_HUB_CACHE", cache().toString());
    return builder.start();
  }

  /** Fetches as its environment says. */
  public static final class OtherProcess {
    private OtherProcess() {}

    public static void main(String[] arguments) throws IOException {
      System.out.println(Hub.fromEnvironment().fetch(NAME, config -> {}));
    }
  }
}
