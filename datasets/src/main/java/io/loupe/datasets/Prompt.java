package io.loupe.datasets;

public record Prompt(String text) {
  public static Prompt of(String text) {
    return new Prompt(text);
  }
}
