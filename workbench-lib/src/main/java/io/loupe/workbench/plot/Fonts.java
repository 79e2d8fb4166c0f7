package io.loupe.workbench.plot;

import java.awt.Font;
import java.awt.FontFormatException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tukaani.xz.XZInputStream;

/**
 * The fonts of every figure: DejaVu Sans, and Droid Sans Fallback for Chinese, Japanese and Korean.
 * They come with the library, and they load on a machine that has no font and no font
 * configuration, where Java's font system alone fails ("Fontconfig head is null").
 */
public final class Fonts {
  private static final String CONFIGURATION_PROPERTY = "sun.awt.fontconfig";
  private static final Map<String, Font> LOADED = new ConcurrentHashMap<>();

  private Fonts() {}

  /** Returns the regular font. */
  public static Font regular(double size) {
    return font("DejaVuSans.ttf.xz", size);
  }

  /** Returns the bold font. */
  public static Font bold(double size) {
    return font("DejaVuSans-Bold.ttf.xz", size);
  }

  /**
   * Makes Java's font system work, if need be with the bundled font for all of its logical fonts.
   * Whoever draws text without {@link #regular} or {@link #bold} calls this first; more than one
   * call does nothing.
   *
   * @throws IllegalStateException if a system library is missing; the message names its package
   */
  public static void prepare() {
    regular(12);
  }

  /** Returns the font for what the regular one has no glyphs for: CJK without Latin letters. */
  static Font fallback(double size) {
    return font("DroidSansFallback.ttf.xz", size);
  }

  private static Font font(String file, double size) {
    return LOADED.computeIfAbsent(file, Fonts::load).deriveFont((float) size);
  }

  private static Font load(String file) {
    try {
      return create(file);
    } catch (IOException | RuntimeException | InternalError | LinkageError e) {
      failIfLibraryIsMissing(e);
      return loadWithOwnConfiguration(file, e);
    }
  }

  /** Without a usable fontconfig, a configuration that names one bundled font starts the system. */
  private static Font loadWithOwnConfiguration(String file, Throwable firstFailure) {
    if (System.getProperty(CONFIGURATION_PROPERTY) != null) {
      throw unusable(firstFailure);
    }
    try {
      System.setProperty(CONFIGURATION_PROPERTY, writeConfiguration().toString());
      return create(file);
    } catch (IOException | RuntimeException | InternalError | LinkageError e) {
      System.clearProperty(CONFIGURATION_PROPERTY);
      failIfLibraryIsMissing(e);
      e.addSuppressed(firstFailure);
      throw unusable(e);
    }
  }

  /** Asks for a glyph first: that starts the font system, whose errors createFont swallows. */
  private static Font create(String file) throws IOException {
    new Font(Font.DIALOG, Font.PLAIN, 12).canDisplay('a');
    try (InputStream in = open(file)) {
      return Font.createFont(Font.TRUETYPE_FONT, in);
    } catch (FontFormatException e) {
      throw new IOException("The bundled font " + file + " is not TrueType", e);
    }
  }

  /** Java wraps what happened in the native code, more than once. */
  private static void failIfLibraryIsMissing(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof LinkageError link) {
        throw missingLibrary(link);
      }
    }
  }

  private static InputStream open(String file) throws IOException {
    InputStream in = Fonts.class.getResourceAsStream("fonts/" + file);
    if (in == null) {
      throw new FileNotFoundException("fonts/" + file + " beside " + Fonts.class.getName());
    }
    return new XZInputStream(in);
  }

  /** Writes what the JDK documents as its fontconfig.properties, for one font file. */
  private static Path writeConfiguration() throws IOException {
    Path folder = Files.createTempDirectory("loupe-fonts");
    Path font = folder.resolve("DejaVuSans.ttf");
    Path configuration = folder.resolve("fontconfig.properties");
    try (InputStream in = open("DejaVuSans.ttf.xz")) {
      Files.copy(in, font, StandardCopyOption.REPLACE_EXISTING);
    }
    StringBuilder text = new StringBuilder("version=1\nsequence.allfonts=latin-1\n");
    for (String family :
        new String[] {"dialog", "sansserif", "serif", "monospaced", "dialoginput"}) {
      for (String style : new String[] {"plain", "bold", "italic", "bolditalic"}) {
        text.append("%s.%s.latin-1=DejaVu Sans\n".formatted(family, style));
      }
    }
    text.append("filename.DejaVu_Sans=").append(font.toString().replace("\\", "\\\\")).append('\n');
    Files.writeString(configuration, text);
    folder.toFile().deleteOnExit();
    font.toFile().deleteOnExit();
    configuration.toFile().deleteOnExit();
    return configuration;
  }

  static IllegalStateException missingLibrary(LinkageError cause) {
    return new IllegalStateException(
        "Java cannot load its font library: "
            + cause.getMessage()
            + (isLinux()
                ? ". Install FreeType (Debian, Ubuntu: apt-get install libfreetype6; Fedora: dnf"
                    + " install freetype; Alpine: apk add freetype), or use a full JDK, and start"
                    + " again"
                : ". Use a full JDK with the module java.desktop"),
        cause);
  }

  private static IllegalStateException unusable(Throwable cause) {
    return new IllegalStateException(
        "Java's font system does not start: "
            + cause.getMessage()
            + "; the property "
            + CONFIGURATION_PROPERTY
            + " was "
            + System.getProperty(CONFIGURATION_PROPERTY)
            + (isLinux() ? ". Installing fontconfig and one font package helps as well" : ""),
        cause);
  }

  private static boolean isLinux() {
    return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux");
  }
}
