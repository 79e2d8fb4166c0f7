package io.loupe.datasets.facts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.DatasetException;
import io.loupe.datasets.Prompt;
import io.loupe.datasets.corpus.Dataset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FactsTest {
  private static final String RELATION =
      """
      {"name": "capital",
       "prompt_templates": ["The capital of {} is"],
       "properties": {"relation_type": "factual", "domain_name": "country",
                      "range_name": "city", "symmetric": false},
       "samples": [{"subject": "Peru", "object": "Lima"}]}
      """;

  @TempDir private Path folder;

  @Test
  void relationsAreThose() {
    Dataset<Fact> all = Relations.shipped();
    assertThat(Relations.relations(all)).hasSize(47);
    Dataset<Fact> capitals = Relations.of(all, "country capital city");
    assertThat(capitals.size()).isEqualTo(24);
    Fact canada = capitals.get(1);
    assertThat(canada.subject()).isEqualTo("Canada");
    assertThat(canada.answer()).isEqualTo(" Ottawa");
    assertThat(canada.relation().range()).isEqualTo("city");
    assertThat(canada.prompts())
        .containsExactly(
            Prompt.of("The capital city of Canada is").mark("subject", "Canada"),
            Prompt.of("The capital of Canada is").mark("subject", "Canada"));
    assertThat(canada.zeroShotPrompts().get(1).text())
        .isEqualTo("What is the capital of Canada? It is the city of");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Relations.of(all, "capital"))
        .withMessageContaining("country capital city");
  }

  @Test
  void everyPromptMarksItsSubject() {
    for (Fact fact : Relations.shipped()) {
      for (Prompt prompt : fact.prompts()) {
        assertThat(prompt.textOf("subject")).isEqualTo(fact.subject());
      }
    }
    for (KnownFact fact : KnownFacts.shipped()) {
      assertThat(fact.prompt().textOf("subject")).isEqualTo(fact.subject());
    }
  }

  @Test
  void knownFactsAreThose() {
    KnownFact first = KnownFacts.shipped().get(0);
    assertThat(first.prompt())
        .isEqualTo(
            Prompt.of("Vinson Massif is located in the continent of")
                .mark("subject", "Vinson Massif"));
    assertThat(first.answer()).isEqualTo(" Antarctica");
    assertThat(first.relation()).isEqualTo("P30");
    assertThat(KnownFacts.shipped().stream().map(KnownFact::subject).distinct()).hasSize(1195);
  }

  @Test
  void functionsMakePrompts() {
    Dataset<FunctionExample> capitals =
        FunctionTasks.of(FunctionTasks.shipped(), "country-capital");
    assertThat(capitals.size()).isEqualTo(197);
    Prompt prompt =
        FunctionTasks.prompt(
            List.of(
                new FunctionExample("t", "abstractive", "big", "small"),
                new FunctionExample("t", "abstractive", "up", "down")),
            new FunctionExample("t", "abstractive", "hot", "cold"));
    assertThat(prompt.text()).isEqualTo("Q: big\nA: small\n\nQ: up\nA: down\n\nQ: hot\nA:");
    assertThat(prompt.textOf("output 2")).isEqualTo("down");
    assertThat(prompt.textOf("query")).isEqualTo("hot");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FunctionTasks.of(FunctionTasks.shipped(), "nothing"))
        .withMessageContaining("present-past");
  }

  @Test
  void placesAndTimesAreThose() {
    Place miami = Entities.usa().get(0);
    assertThat(miami).isEqualTo(new Place("Miami", "city", "Florida", 25.784, -80.2101, true));
    assertThat(Entities.world().get(1).name())
        .isEqualTo("Sir Roden Cutler VC Memorial Interchange");
    Artwork stand = Entities.art().get(1);
    assertThat(stand)
        .isEqualTo(
            new Artwork("The Stand", "Stephen King", "book", LocalDate.of(1978, 10, 3), false));
    // 1978-10-03 is day 276 of 365
    assertThat(stand.year()).isCloseTo(1978 + 275 / 365.0, within(1e-12));
    assertThat(stand.prompt().textOf("entity")).isEqualTo("The Stand");
  }

  @Test
  void distanceIsThatOfASphere() {
    Place pole = new Place("pole", "p", "r", 90, 0, false);
    assertThat(pole.distanceKm(0, 50)).isCloseTo(Math.PI / 2 * 6371.0088, within(1e-6));
    Place here = new Place("here", "p", "r", 10, 179.5, false);
    assertThat(here.distanceKm(10, -179.5))
        .isCloseTo(
            6371.0088
                * Math.acos(
                    Math.pow(Math.sin(Math.toRadians(10)), 2)
                        + Math.pow(Math.cos(Math.toRadians(10)), 2) * Math.cos(Math.toRadians(1))),
            within(1e-4));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "capital of {} is     | capital is             | 2 | a template with {} once",
        "\"samples\": [       | \"samples\": [7,       | 5 | an object, got 7",
        "\"object\": \"Lima\" | \"object\": \"\"       | 5 | a text that is not blank",
        "\"object\":          | \"objekt\":            | 5 | a field 'object'",
        "false                | 0                      | 4 | true or false, got 0",
        "\"Lima\"}]           | \"Lima\"]             | 5 | JSON",
        "\"name\": \"capital\"| \"name\": \"a\", \"name\": \"b\" | 1 | each field once",
      })
  void brokenJsonNamesTheLine(String part, String by, int line, String expected) throws Exception {
    assertThat(RELATION).contains(part);
    Files.createDirectories(folder.resolve("factual"));
    Path file = folder.resolve("factual/a.json");
    Files.writeString(file, RELATION.replace(part, by));
    assertThatThrownBy(() -> Relations.read(folder))
        .isInstanceOf(DatasetException.class)
        .hasMessageStartingWith(file + ", line " + line + ": expected " + expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "95.0,-80.2,Florida,city,True | 3 | in column 'latitude' a number from -90.0 to 90.0, got '95.0'",
        "x,-80.2,Florida,city,True    | 3 | in column 'latitude' a number from -90.0 to 90.0, got 'x'",
        "5.0,-80.2,Florida,city,yes   | 3 | in column 'is_test' True or False, got 'yes'",
        "5.0,-80.2,Florida,city       | 3 | 6 columns",
        "5.0,-80.2,,city,True         | 3 | in column 'state_name' a text, got a blank",
        "5.0,-80.2,\"Flo,city,True    | 3 | a closing quote",
        "5.0,-80.2,\"Flo\"x,city,True | 3 | a separator behind a closing quote",
      })
  void brokenRowNamesTheLine(String row, int line, String expected) throws Exception {
    Path file = folder.resolve("us_place.csv");
    Files.writeString(
        file,
        "name,latitude,longitude,state_name,entity_type,is_test\nA,1,2,Ohio,city,False\nB,"
            + row
            + "\n");
    assertThatThrownBy(() -> Entities.readUsa(folder))
        .isInstanceOf(DatasetException.class)
        .hasMessageStartingWith(file + ", line " + line + ": expected " + expected);
  }

  @Test
  void missingColumnIsNamedWithThoseThere() throws Exception {
    Files.writeString(folder.resolve("us_place.csv"), "name,latitude\nA,1\n");
    assertThatThrownBy(() -> Entities.readUsa(folder))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("line 1: expected a column 'entity_type', got [name, latitude]");
  }
}
