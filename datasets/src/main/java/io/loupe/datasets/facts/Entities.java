package io.loupe.datasets.facts;

import io.loupe.datasets.corpus.Dataset;
import io.loupe.datasets.corpus.DatasetInfo;
import io.loupe.datasets.corpus.Layout;
import io.loupe.datasets.corpus.Loader;
import io.loupe.datasets.file.DataFiles;
import io.loupe.datasets.file.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Entities with a place in space or time (Gurnee and Tegmark 2024), to find both in activations.
 * Grouped by name, so that no split has a name of another; the paper's own split is {@code
 * publishedTest()}, and does not keep names together.
 */
public final class Entities {
  private static final String PAPER =
      "Gurnee and Tegmark 2024, Language models represent space and time";
  private static final String SOURCE = "https://github.com/wesg52/world-models";
  private static final Layout<Place> PLACES =
      new Layout<>(
          List.of("name", "kind", "region", "latitude", "longitude"),
          place ->
              List.of(
                  place.name(),
                  place.kind(),
                  place.region(),
                  degrees(place.latitude()),
                  degrees(place.longitude())),
          Place::name);

  /** How the places of the world are read. */
  public static final Loader<Place> WORLD =
      new Loader<>(
          info("world-places", "places", "Places of the world with latitude and longitude.", 3000),
          PLACES,
          files -> places(files, "world_place.csv", "country"));

  /** How the places of the USA are read. */
  public static final Loader<Place> USA =
      new Loader<>(
          info("us-places", "places", "Places of the USA with latitude and longitude.", 3000),
          PLACES,
          files -> places(files, "us_place.csv", "state_name"));

  /** How the works of art are read. */
  public static final Loader<Artwork> ART =
      new Loader<>(
          info("artworks", "works", "Books, films and songs with the date of release.", 3000),
          new Layout<>(
              List.of("title", "creator", "kind", "released"),
              art -> List.of(art.title(), art.creator(), art.kind(), art.released().toString()),
              Artwork::title),
          Entities::artworks);

  private Entities() {}

  /** Returns the shipped places of the world. */
  public static Dataset<Place> world() {
    return WORLD.shipped();
  }

  /** Returns the shipped places of the USA. */
  public static Dataset<Place> usa() {
    return USA.shipped();
  }

  /** Returns the shipped works of art. */
  public static Dataset<Artwork> art() {
    return ART.shipped();
  }

  /** Returns the places of {@code world_place.csv}, there or in {@code data/entity_datasets/}. */
  public static Dataset<Place> readWorld(Path folder) throws IOException {
    return WORLD.read(folder);
  }

  /** Returns the places of {@code us_place.csv}, there or in {@code data/entity_datasets/}. */
  public static Dataset<Place> readUsa(Path folder) throws IOException {
    return USA.read(folder);
  }

  /** Returns the works of {@code art.csv}, there or in {@code data/entity_datasets/}. */
  public static Dataset<Artwork> readArt(Path folder) throws IOException {
    return ART.read(folder);
  }

  private static DatasetInfo info(String name, String items, String description, int shipped) {
    return new DatasetInfo(
        name,
        items,
        description,
        PAPER,
        "MIT",
        SOURCE,
        String.format(Locale.ROOT, "%,d drawn by hash", shipped));
  }

  private static List<Place> places(DataFiles files, String file, String region)
      throws IOException {
    List<Place> places = new ArrayList<>();
    try (Table table = open(files, file)) {
      for (Table.Row row = table.next(); row != null; row = table.next()) {
        places.add(
            new Place(
                row.filled("name"),
                row.filled("entity_type"),
                row.filled(region).replace('_', ' '),
                row.number("latitude", -90, 90),
                row.number("longitude", -180, 180),
                flag(row)));
      }
    }
    return places;
  }

  private static List<Artwork> artworks(DataFiles files) throws IOException {
    List<Artwork> works = new ArrayList<>();
    try (Table table = open(files, "art.csv")) {
      for (Table.Row row = table.next(); row != null; row = table.next()) {
        works.add(
            new Artwork(
                row.filled("title"),
                row.filled("creator"),
                row.filled("entity_type"),
                date(row),
                flag(row)));
      }
    }
    return works;
  }

  private static Table open(DataFiles files, String file) throws IOException {
    return Table.open(files, files.first(file, "data/entity_datasets/" + file));
  }

  private static LocalDate date(Table.Row row) throws IOException {
    String text = row.text("release_date");
    try {
      return LocalDate.parse(text);
    } catch (DateTimeException e) {
      throw row.broken("release_date", "a date such as 1986-09-15", "'" + text + "'");
    }
  }

  private static boolean flag(Table.Row row) throws IOException {
    return switch (row.text("is_test")) {
      case "True" -> true;
      case "False" -> false;
      default -> throw row.broken("is_test", "True or False", "'" + row.text("is_test") + "'");
    };
  }

  private static String degrees(double angle) {
    return String.format(Locale.ROOT, "%.3f", angle);
  }
}
