package io.loupe.notebooks.kernel;

import java.io.PrintStream;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dflib.jjava.jupyter.channels.JupyterConnection;
import org.dflib.jjava.jupyter.channels.ShellChannel;
import org.dflib.jjava.jupyter.channels.ShellReplyEnvironment;
import org.dflib.jjava.jupyter.kernel.KernelConnectionProperties;
import org.dflib.jjava.jupyter.messages.Message;
import org.dflib.jjava.jupyter.messages.MessageContext;
import org.dflib.jjava.jupyter.messages.MessageType;
import org.dflib.jjava.jupyter.messages.publish.PublishStatus;
import org.dflib.jjava.jupyter.messages.reply.InputReply;
import org.dflib.jjava.jupyter.messages.request.InputRequest;
import org.jspecify.annotations.Nullable;
import org.zeromq.ZMQ;

/** The sockets of a kernel, opened in an order that loses no message. */
final class KernelConnection extends JupyterConnection {
  private static final long CLOSING_SECONDS = 2;

  private final KernelConnectionProperties properties;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  KernelConnection(KernelConnectionProperties properties)
      throws NoSuchAlgorithmException, InvalidKeyException {
    super(properties);
    this.properties = properties;
  }

  /**
   * Opens the sockets. The base class opens the one for broadcasts last: a request that came before
   * lost its answer, and two threads could meet in a socket that was still being opened, which left
   * the kernel hanging at its start.
   */
  @Override
  public void connect() {
    iopub.bind(properties);
    iopub.sendMessage(new Message<>(null, PublishStatus.MESSAGE_TYPE, PublishStatus.STARTING));
    stdin.bind(properties);
    heartbeat.bind(properties);
    control.bind(properties);
    shell.bind(properties);
  }

  /**
   * Returns once a front end has asked for the end and the sockets are closed, or do not close
   * within two seconds.
   */
  void awaitEnd() throws InterruptedException {
    closing.await();
    closed.await(CLOSING_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    closing.countDown();
    PrintStream err = System.err;
    System.setErr(ClosingErrors.of(err));
    try {
      super.close();
    } finally {
      System.setErr(err);
    }
    closed.countDown();
  }

  /** Asks the front end for a line; call {@link #input} until it has come. */
  void requestInput(MessageContext cell) {
    while (hasMessage(stdin)) {
      stdin.readMessage(); // the answer to a question of a cell that was interrupted
    }
    InputRequest request = new InputRequest("", false);
    stdin.sendMessage(new Message<>(cell, InputRequest.MESSAGE_TYPE, request));
  }

  /** Returns the line that was typed, without its end; null if it has not come yet. */
  @Nullable String input() {
    return hasMessage(stdin) && stdin.readMessage().getContent() instanceof InputReply reply
        ? reply.getValue()
        : null;
  }

  /** Takes the requests that already wait on the shell channel off it. */
  static List<Message<?>> waiting(ShellChannel shell) {
    List<Message<?>> waiting = new ArrayList<>();
    while (hasMessage(shell)) {
      waiting.add(shell.readMessage());
    }
    return waiting;
  }

  /** Answers requests: those to run a cell with {@code refuse}, all others as usual. */
  void refuseCells(
      ShellChannel shell,
      List<Message<?>> requests,
      java.util.function.Consumer<ShellReplyEnvironment> refuse) {
    for (Message<?> message : requests) {
      ShellReplyEnvironment environment = prepareReplyEnv(shell, message);
      if (message.getHeader().getType() == MessageType.EXECUTE_REQUEST) {
        refuse.accept(environment);
      } else {
        handle(environment, message);
      }
      environment.resolveDeferrals();
    }
  }

  private <T> void handle(ShellReplyEnvironment environment, Message<T> message) {
    var handler = this.<T>getHandler(message.getHeader().getType());
    if (handler != null) {
      handler.handle(environment, message);
    }
  }

  private static boolean hasMessage(ZMQ.Socket socket) {
    return (socket.getEvents() & ZMQ.Poller.POLLIN) != 0;
  }
}
