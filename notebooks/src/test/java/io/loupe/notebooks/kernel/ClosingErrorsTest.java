package io.loupe.notebooks.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ClosingErrorsTest {
  @Test
  void onlyTheSocketsOwnThreadsAreNotHeard() throws InterruptedException {
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    PrintStream err = ClosingErrors.of(new PrintStream(heard, true, StandardCharsets.UTF_8));
    for (String name : new String[] {"iothread-2", "reaper-1", "cell", "main"}) {
      Thread thread = new Thread(() -> err.println("from " + name), name);
      thread.start();
      thread.join();
    }
    assertThat(heard.toString(StandardCharsets.UTF_8)).isEqualTo("from cell\nfrom main\n");
  }
}
