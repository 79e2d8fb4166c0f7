package io.loupe.notebooks.kernel;

import io.loupe.notebooks.eval.CellError;
import io.loupe.notebooks.eval.CellResult;
import io.loupe.workbench.display.MimeBundle;
import java.util.List;
import java.util.Map;
import org.dflib.jjava.jupyter.channels.ShellChannel;
import org.dflib.jjava.jupyter.channels.ShellHandler;
import org.dflib.jjava.jupyter.channels.ShellReplyEnvironment;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.messages.Message;
import org.dflib.jjava.jupyter.messages.MessageType;
import org.dflib.jjava.jupyter.messages.publish.PublishDisplayData;
import org.dflib.jjava.jupyter.messages.publish.PublishError;
import org.dflib.jjava.jupyter.messages.publish.PublishExecuteInput;
import org.dflib.jjava.jupyter.messages.publish.PublishExecuteResult;
import org.dflib.jjava.jupyter.messages.reply.ErrorReply;
import org.dflib.jjava.jupyter.messages.reply.ExecuteReply;
import org.dflib.jjava.jupyter.messages.request.ExecuteRequest;
import org.jspecify.annotations.Nullable;

/**
 * Answers requests to run a cell: starts it in the cells' thread, and publishes what it says while
 * it runs. After a cell that failed, the cells that already wait behind it are refused.
 */
final class CellRequests implements ShellHandler<ExecuteRequest> {
  private static final long INPUT_POLL_MS = 20;
  private static final long IDLE_POLL_MS = 60_000;
  private static final long GATHER_MS = 10;
  private static final int MESSAGE_CHARS = 64 * 1024;

  private final Cells cells;
  private final KernelConnection connection;
  private final FrontEndInput input;
  private int count;

  CellRequests(Cells cells, KernelConnection connection, FrontEndInput input) {
    this.cells = cells;
    this.connection = connection;
    this.input = input;
  }

  @Override
  public void handle(ShellReplyEnvironment environment, Message<ExecuteRequest> message) {
    ExecuteRequest request = message.getContent();
    environment.setBusyDeferIdle();
    if (!request.isSilent()) {
      count++;
      environment.publish(new PublishExecuteInput(request.getCode(), count));
    }
    CellTraffic traffic = new CellTraffic();
    input.attach(request.isStdinEnabled() ? traffic : null);
    try {
      cells.start(request.getCode(), traffic);
      reply(environment, request, relay(environment, traffic));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the channel's thread is being ended
    } finally {
      input.attach(null);
    }
  }

  private void reply(ShellReplyEnvironment environment, ExecuteRequest request, CellResult result) {
    if (result.error().isPresent()) {
      fail(environment, result.error().get());
      if (request.shouldStopOnError()) {
        // before the front end learns of the failure: what it sends after that is to be run
        ShellChannel shell = (ShellChannel) environment.getShell();
        List<Message<?>> waiting = KernelConnection.waiting(shell);
        environment.resolveDeferrals();
        connection.refuseCells(shell, waiting, this::refuse);
      }
      return;
    }
    if (!request.isSilent()) {
      result
          .value()
          .map(CellRequests::data)
          .ifPresent(data -> environment.publish(new PublishExecuteResult(count, data)));
    }
    environment.defer().reply(new ExecuteReply(count, Map.of()));
  }

  private void fail(ShellReplyEnvironment environment, CellError error) {
    environment.publish(new PublishError(error.name(), error.message(), error.report()));
    ErrorReply reply = new ErrorReply(error.name(), error.message(), error.report());
    reply.setExecutionCount(count);
    environment.defer().replyError(ExecuteReply.MESSAGE_TYPE.error(), reply);
  }

  @SuppressWarnings("unchecked") // the base kernel has no type for this reply
  private void refuse(ShellReplyEnvironment environment) {
    MessageType<?> type = MessageType.EXECUTE_REPLY;
    Map<String, Object> content = Map.of("status", "aborted", "execution_count", count);
    environment.setBusyDeferIdle();
    environment
        .defer()
        .reply(new Message<>(environment.getContext(), (MessageType<Object>) type, content));
  }

  /** Publishes what the cell says until it is done. */
  private CellResult relay(ShellReplyEnvironment environment, CellTraffic traffic)
      throws InterruptedException {
    CellTraffic.@Nullable Asked open = null;
    while (true) {
      open = open == null ? null : answer(open);
      CellTraffic.Event event = traffic.next(open == null ? IDLE_POLL_MS : INPUT_POLL_MS);
      if (event instanceof CellTraffic.Done done) {
        return done.result();
      } else if (event instanceof CellTraffic.Printed printed) {
        print(environment, traffic, printed);
      } else if (event instanceof CellTraffic.Shown shown) {
        environment.publish(new PublishDisplayData(data(shown.bundle())));
      } else if (event instanceof CellTraffic.Asked asked) {
        connection.requestInput(environment.getContext());
        open = asked;
      }
    }
  }

  /** Hands the line on if it has come; returns what is still to be answered. */
  private CellTraffic.@Nullable Asked answer(CellTraffic.Asked asked) {
    String line = asked.answer().isDone() ? null : connection.input();
    if (line != null) {
      asked.answer().complete(line);
    }
    return asked.answer().isDone() ? null : asked;
  }

  /** Publishes a piece of text together with those that follow at once: one message for a line. */
  private static void print(
      ShellReplyEnvironment environment, CellTraffic traffic, CellTraffic.Printed first)
      throws InterruptedException {
    StringBuilder text = new StringBuilder(first.text());
    boolean waited = false;
    while (text.length() < MESSAGE_CHARS) {
      CellTraffic.Printed more = traffic.more(first);
      if (more != null) {
        text.append(more.text());
      } else if (!waited) {
        Thread.sleep(GATHER_MS);
        waited = true;
      } else {
        break;
      }
    }
    if (first.error()) {
      environment.writeToStdErr(text.toString());
    } else {
      environment.writeToStdOut(text.toString());
    }
  }

  /** Returns the bundle as the protocol carries it. */
  static DisplayData data(MimeBundle bundle) {
    DisplayData data = new DisplayData();
    bundle.data().forEach((type, content) -> data.putData(type, content));
    return data;
  }
}
