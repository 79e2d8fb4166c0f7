package io.loupe.datasets.treebank;

/**
 * A word that is understood and not written, such as the second "likes" of "she likes tea and he
 * coffee". It is in the enhanced graph only.
 *
 * @param after id of the word it follows; 0 before the first
 * @param index its number among those that follow this word, from 1
 * @param form what it would be; {@code _} if left open
 * @param upos its universal part of speech
 * @param enhanced its heads and relations in the enhanced graph
 */
public record EmptyNode(int after, int index, String form, String upos, String enhanced) {}
