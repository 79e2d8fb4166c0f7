package io.loupe.datasets.text;

/**
 * A text of one of two classes.
 *
 * @param text the text; lines end with {@code \n}
 * @param label the class, such as {@code positive}
 * @param id where it stands: file, and line if the file has many
 */
public record LabelledText(String text, String label, String id) {}
