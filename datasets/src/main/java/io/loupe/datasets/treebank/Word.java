package io.loupe.datasets.treebank;

import java.util.Optional;

/**
 * A syntactic word of a sentence. Fields that the file leaves open are {@code _}.
 *
 * @param id its number in the sentence, from 1
 * @param form the word as it is written
 * @param lemma its dictionary form
 * @param upos its universal part of speech, such as {@code NOUN}
 * @param xpos its part of speech in the language's own tag set
 * @param features its features, such as {@code Number=Sing|Person=3}
 * @param head the id of the word it depends on; 0 for the root
 * @param relation its relation to its head, such as {@code nsubj}
 * @param enhanced its heads and relations in the enhanced graph
 * @param misc anything else, such as {@code SpaceAfter=No}
 * @param start index of its first character in the sentence's text
 * @param end index behind its last character. A word of a multiword token that does not spell it,
 *     such as {@code a} and {@code el} of Spanish "al", has the characters of the whole token
 */
public record Word(
    int id,
    String form,
    String lemma,
    String upos,
    String xpos,
    String features,
    int head,
    String relation,
    String enhanced,
    String misc,
    int start,
    int end) {
  /** Returns a feature's value; empty if the word does not have it. */
  public Optional<String> feature(String name) {
    for (String feature : features.split("\\|")) {
      if (feature.startsWith(name + "=")) {
        return Optional.of(feature.substring(name.length() + 1));
      }
    }
    return Optional.empty();
  }

  /** Returns the relation without its subtype: {@code nsubj} of {@code nsubj:pass}. */
  public String plainRelation() {
    int colon = relation.indexOf(':');
    return colon < 0 ? relation : relation.substring(0, colon);
  }
}
