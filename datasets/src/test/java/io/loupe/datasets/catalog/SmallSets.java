package io.loupe.datasets.catalog;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A few items of every dataset in its published layout, written by hand. */
final class SmallSets {
  static final Map<String, Map<String, String>> ALL = new LinkedHashMap<>();

  static {
    ALL.put(
        "lre-relations",
        Map.of(
            "data/factual/capital.json",
            """
            {"name": "capital", "prompt_templates": ["The capital of {} is"],
             "prompt_templates_zs": [],
             "properties": {"relation_type": "factual", "domain_name": "country",
               "range_name": "city", "symmetric": false},
             "samples": [{"subject": "Peru", "object": "Lima"},
               {"subject": "Chad", "object": "N'Djaména"}]}
            """));
    ALL.put(
        "known-1000",
        Map.of(
            "counterfact/compiled/known_1000.json",
            """
            [{"known_id": 7, "subject": "Lima", "attribute": "Peru", "template": "{} is in",
              "prediction": " Peru", "prompt": "Lima is in", "relation_id": "P17"}]
            """));
    ALL.put(
        "function-tasks",
        Map.of(
            "dataset_files/abstractive/plural.json",
            "[{\"input\": \"ox\", \"output\": \"oxen\"},\n{\"input\": \"cat\", \"output\": \"cats\"}]",
            "dataset_files/extractive/first.json",
            "[{\"input\": \"a, b\", \"output\": \"a\"}]"));
    ALL.put(
        "world-places",
        Map.of(
            "data/entity_datasets/world_place.csv",
            """
            name,entity_subtype,country,latitude,longitude,entity_type,is_test
            "Lima, the city",City,Peru,-12.06,-77.0375,populated_place,False
            Ben Nevis,Mountain,United_Kingdom,56.79685,-5.003508,natural_place,True
            """));
    ALL.put(
        "us-places",
        Map.of(
            "us_place.csv",
            """
            name,latitude,longitude,state_name,entity_type,is_test
            Miami,25.784,-80.2101,Florida,city,True
            """));
    ALL.put(
        "artworks",
        Map.of(
            "art.csv",
            """
            title,creator,release_date,entity_type,is_test
            "The ""It""\",Stephen King,1986-07-02,book,False
            """));
    ALL.put(
        "ud-english-ewt",
        Map.of(
            "xx-ud-dev.conllu",
            """
            # newdoc id = d
            # sent_id = d-1
            # text = I can't.
            1\tI\tI\tPRON\tPRP\t_\t2\tnsubj\t_\t_
            2-3\tcan't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
            2\tca\tcan\tAUX\tMD\t_\t0\troot\t_\t_
            3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t_\t_
            3.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t2:conj\t_
            4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_

            """));
    ALL.put(
        "blimp",
        Map.of(
            "data/npi.jsonl",
            """
            {"sentence_good": "Even Ann has really run.", "sentence_bad": "Even Ann has ever run.", "UID": "npi", "linguistics_term": "npi_licensing", "field": "semantics", "pairID": "0"}
            {"sentence_good": "He is.", "sentence_bad": "He are.", "UID": "npi", "linguistics_term": "npi_licensing", "field": "semantics", "pairID": "1"}
            """));
    ALL.put(
        "sentence-polarity",
        Map.of("rt-polarity.pos", "good .\n", "rt-polarity.neg", "bad . \nworse .\n"));
    ALL.put(
        "subjectivity",
        Map.of(
            "subjectivity/quote.tok.gt9.5000", "i like it .\n",
            "subjectivity/plot.tok.gt9.5000", "sam goes home .\n"));
    ALL.put(
        "movie-reviews",
        Map.of(
            "movie_reviews/pos/cv000_1.txt", "a film . \ngood .\n",
            "movie_reviews/neg/cv000_2.txt", "no film .\n"));
    ALL.put(
        "wikitext-2",
        Map.of(
            "wiki.valid.tokens",
            " \n = A <unk> = \n \n One two . \n \n = = B = = \n \n Three . \n \n = C = \n \n Four . \n"));
    ALL.put("tiny-shakespeare", Map.of("input.txt", "All:\nSpeak, speak.\n\nFirst Citizen:\n"));
  }

  private SmallSets() {}

  static void write(Path folder, Map<String, byte[]> files) throws IOException {
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path path = folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.write(path, file.getValue());
    }
  }

  static Map<String, byte[]> bytes(Map<String, String> files) {
    Map<String, byte[]> bytes = new LinkedHashMap<>();
    files.forEach((name, text) -> bytes.put(name, text.getBytes(StandardCharsets.UTF_8)));
    return bytes;
  }

  static byte[] zipped(Map<String, String> files) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, String> file : files.entrySet()) {
        zip.putNextEntry(new ZipEntry(file.getKey()));
        zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
      }
    }
    return bytes.toByteArray();
  }
}
