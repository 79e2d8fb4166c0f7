package io.loupe.notebooks.eval;

import io.loupe.workbench.display.MimeBundle;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what a cell says. */
final class Recorder implements CellListener {
  private final StringBuffer out = new StringBuffer();
  private final StringBuffer err = new StringBuffer();
  final List<MimeBundle> displays = new CopyOnWriteArrayList<>();

  @Override
  public void stdout(String text) {
    out.append(text);
  }

  @Override
  public void stderr(String text) {
    err.append(text);
  }

  @Override
  public void display(MimeBundle bundle) {
    displays.add(bundle);
  }

  String out() {
    return out.toString();
  }

  String err() {
    return err.toString();
  }
}
