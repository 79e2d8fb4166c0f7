package io.loupe.datasets.samples;

import java.util.HashMap;
import java.util.Map;

/** What is written beside the samples: their licences and where they come from. */
final class Notes {
  static final String ROME_LICENCE =
      """
      MIT License

      Copyright (c) 2022 Kevin Meng

      Permission is hereby granted, free of charge, to any person obtaining a copy
      of this software and associated documentation files (the "Software"), to deal
      in the Software without restriction, including without limitation the rights
      to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
      copies of the Software, and to permit persons to whom the Software is
      furnished to do so, subject to the following conditions:

      The above copyright notice and this permission notice shall be included in all
      copies or substantial portions of the Software.

      THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
      IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
      FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
      AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
      LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
      OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
      SOFTWARE.
      """;
  static final String UD_LICENCE =
      """
      Universal Dependencies English Web Treebank (c) 2013-2021 by the contributors of
      https://github.com/UniversalDependencies/UD_English-EWT

      Licensed under the Creative Commons Attribution-ShareAlike 4.0 International License,
      https://creativecommons.org/licenses/by-sa/4.0/legalcode

      This sample holds some of its documents, unchanged. It is under the same licence, which
      applies to the sample and not to the software that it comes with.
      """;
  static final String BLIMP_LICENCE =
      """
      BLiMP by Alex Warstadt, Alicia Parrish, Haokun Liu, Anhad Mohananey, Wei Peng, Sheng-Fu Wang
      and Samuel R. Bowman, published by its authors under the Creative Commons Attribution 4.0
      International License, https://creativecommons.org/licenses/by/4.0/legalcode
      (the repository that this sample is from has no licence file).

      This sample holds some of its pairs, unchanged.
      """;
  static final String WIKITEXT_LICENCE =
      """
      Text of Wikipedia by its contributors, under the Creative Commons Attribution-ShareAlike 3.0
      Unported License, https://creativecommons.org/licenses/by-sa/3.0/legalcode. Titles are in
      the text; https://en.wikipedia.org lists the contributors of each article.

      Prepared as WikiText-2 by Stephen Merity, Caiming Xiong, James Bradbury and Richard Socher.
      This sample holds some of its articles, unchanged. It is under the same licence, which
      applies to the sample and not to the software that it comes with.
      """;
  static final String SHAKESPEARE_LICENCE =
      """
      Plays of William Shakespeare (1564-1616), in the public domain. Put together by Andrej Karpathy.
      """;

  private Notes() {}

  static String pangLee(String dataset) {
    return """
    "%s" by Bo Pang [https://sites.google.com/site/bopang42/] and Lillian Lee
    [http://www.cs.cornell.edu/home/llee/] is licensed under CC BY 4.0 International
    [http://creativecommons.org/licenses/by/4.0/], as distributed with NLTK.

    This sample holds some of its texts, unchanged.
    """
        .formatted(dataset);
  }

  static Map<String, String> all() {
    Map<String, String> notes = new HashMap<>();
    add(
        notes,
        "lre-relations",
        "https://github.com/evandez/relations",
        "1b9ec3cf2b8368e42bde7e80fcef384312a6ec07",
        "data/*/*.json, all 47; spaces at the beginning of lines left out");
    add(
        notes,
        "known-1000",
        "https://github.com/kmeng01/rome",
        "448f8fe556cf267e0b71d02a9f3b4dec9858ec58",
        "counterfact/compiled/known_1000.json, all of it; spaces at the beginning of lines left out");
    add(
        notes,
        "function-tasks",
        "https://github.com/ericwtodd/function_vectors",
        "fb9eac7b6dc707ea1475a717379916007fe448d5",
        """
        dataset_files/{abstractive,extractive}/*.json, up to 200 examples of each.
        Left out: english-french, english-german, english-spanish (made of MUSE's dictionaries,
        CC BY-NC 4.0); conll2003_* (made of news by Reuters, which may not be passed on); ag_news
        (non-commercial); sentiment (made of SST-2), antonym and synonym (made of lists of Nguyen
        et al. 2017): no licence given; squad_val (not at hand)""");
    String entities =
        """
        data/entity_datasets/%s, 3,000 rows. Put together by the authors from Wikipedia (DBpedia,
        Wikidata) and other sources, see the appendix of the paper""";
    for (String[] set :
        new String[][] {
          {"world-places", "world_place.csv"},
          {"us-places", "us_place.csv"},
          {"artworks", "art.csv"}
        }) {
      add(
          notes,
          set[0],
          "https://github.com/wesg52/world-models",
          "a572f162948ee185e9c842eb5fa15e23aad3d218",
          entities.formatted(set[1]));
    }
    add(
        notes,
        "ud-english-ewt",
        "https://github.com/UniversalDependencies/UD_English-EWT",
        "15d613d8447b3478787d4c278730a1e48a945efb",
        "en_ewt-ud-{train,dev,test}.conllu, whole documents up to 1,200, 400 and 400 sentences");
    add(
        notes,
        "blimp",
        "https://github.com/alexwarstadt/blimp",
        "3e56b06fcabca9b30822fc66435fca6b1aa40bb1",
        "data/*.jsonl, 300 of the 1,000 pairs of each of 10 of the 67 paradigms");
    String nltk = "https://github.com/nltk/nltk_data";
    String commit = "5db857e6f7df11eabb5e5665836db9ec8df07e28";
    add(
        notes,
        "sentence-polarity",
        nltk,
        commit,
        "packages/corpora/sentence_polarity.zip, 1,200 of each class");
    add(
        notes,
        "subjectivity",
        nltk,
        commit,
        "packages/corpora/subjectivity.zip, 800 of each class");
    add(
        notes,
        "movie-reviews",
        nltk,
        commit,
        "packages/corpora/movie_reviews.zip, 60 reviews of each class");
    String examples = "https://github.com/pytorch/examples";
    String at = "77f55b912142e11fcfdf5b530231fb9c52f181e8";
    add(
        notes,
        "wikitext-2",
        examples,
        at,
        "word_language_model/data/wikitext-2/{valid,test}.txt, 12 articles of each");
    add(
        notes,
        "tiny-shakespeare",
        examples,
        at,
        "distributed/minGPT-ddp/mingpt/data/input.txt, the first 2,000 speeches");
    return notes;
  }

  private static void add(
      Map<String, String> notes, String dataset, String repository, String commit, String what) {
    notes.put(
        dataset,
        "%s%ncommit %s%n%s.%nWhat is drawn is what has the smallest SHA-256; made by MakeSamples (datasets/src/test).%n"
            .formatted(repository, commit, what)
            .replace("\r\n", "\n"));
  }
}
