package io.loupe.kernels.attention;

import io.loupe.kernels.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import org.tukaani.xz.XZInputStream;

/**
 * The compiled kernels that are shipped, made from the sources by build-kernels.sh: cubins for
 * compute capability 8 and 9, PTX for what comes later.
 */
final class KernelImages {
  private KernelImages() {}

  /**
   * Returns the names of the resources for a device, to be searched in this order.
   *
   * @param capability 80 for 8.0
   * @throws KernelException if the device is too old
   */
  static List<String> names(int capability) {
    if (capability < 80) {
      throw new KernelException(
          "cuModuleLoadData",
          0,
          "The kernels need compute capability 8.0 (A100) or later; this device has %.1f: ask for on(\"cpu\")"
              .formatted(capability / 10.0));
    }
    return switch (capability / 10) {
      case 8 -> List.of("sm_80/attend.cubin", "sm_80/revisit.cubin", "sm_80/rows.cubin");
      case 9 ->
          List.of(
              "sm_90/attend.cubin",
              "sm_90/revisit.cubin",
              "sm_90/rows.cubin",
              "sm_90/attend_hopper.cubin");
      default -> List.of("compute_80/attend.ptx", "compute_80/revisit.ptx", "compute_80/rows.ptx");
    };
  }

  /** Returns an image as the driver takes it: PTX ends in a 0 byte. */
  static byte[] read(String name) {
    try (InputStream packed = KernelImages.class.getResourceAsStream(name + ".xz")) {
      if (packed == null) {
        throw new KernelException(
            "cuModuleLoadData",
            0,
            "The resource %s.xz is not in this build of loupe-kernels".formatted(name));
      }
      byte[] image = new XZInputStream(packed).readAllBytes();
      return name.endsWith(".ptx") ? Arrays.copyOf(image, image.length + 1) : image;
    } catch (IOException e) {
      throw new UncheckedIOException("The resource " + name + ".xz cannot be unpacked", e);
    }
  }
}
