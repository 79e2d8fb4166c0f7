package io.loupe.datasets.treebank;

/**
 * A run of characters that stands for several words, such as "don't".
 *
 * @param first id of its first word
 * @param last id of its last word
 * @param form as it is written
 * @param start index of its first character in the sentence's text
 * @param end index behind its last character
 */
public record MultiwordToken(int first, int last, String form, int start, int end) {}
