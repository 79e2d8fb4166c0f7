package io.loupe.datasets.facts;

import io.loupe.datasets.Prompt;

/**
 * A place on earth.
 *
 * @param kind such as {@code city} or {@code natural_place}
 * @param region the country, or the state of the USA
 * @param latitude degrees north, in [-90, 90]
 * @param longitude degrees east, in [-180, 180]
 * @param publishedTest whether it is in the test part of the paper
 */
public record Place(
    String name,
    String kind,
    String region,
    double latitude,
    double longitude,
    boolean publishedTest) {
  private static final double EARTH_KM = 6371.0088; // mean radius, IUGG

  /** Returns the name as a prompt, with the span {@code entity}. */
  public Prompt prompt() {
    return Prompt.of(name).mark("entity", 0, name.length());
  }

  /** Returns the distance along the surface of a sphere of the earth's mean radius, in km. */
  public double distanceKm(double otherLatitude, double otherLongitude) {
    double phi = Math.toRadians(latitude);
    double otherPhi = Math.toRadians(otherLatitude);
    double halfLatitude = Math.sin((otherPhi - phi) / 2);
    double halfLongitude = Math.sin(Math.toRadians(otherLongitude - longitude) / 2);
    // the haversine formula: exact for near places too
    double h =
        halfLatitude * halfLatitude
            + Math.cos(phi) * Math.cos(otherPhi) * halfLongitude * halfLongitude;
    return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)));
  }
}
