package io.loupe.notebooks.eval;

import java.util.HashSet;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Puts a check of the {@link StopSignal} at the entry of each method and before each backward jump,
 * so that no cell code runs for long without one. A check takes and leaves nothing on the stack:
 * frames and stack sizes stay as the compiler wrote them.
 */
final class StopChecks {
  private static final Handle LINK =
      new Handle(
          Opcodes.H_INVOKESTATIC,
          StopSignal.class.getName().replace('.', '/'),
          "link",
          "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/invoke/MethodType;)"
              + "Ljava/lang/invoke/CallSite;",
          false);

  private StopChecks() {}

  /** Returns the class file with checks. */
  static byte[] insert(byte[] classFile) {
    ClassReader reader = new ClassReader(classFile);
    ClassWriter writer = new ClassWriter(reader, 0);
    reader.accept(new Classes(writer), 0);
    return writer.toByteArray();
  }

  private static final class Classes extends ClassVisitor {
    Classes(ClassVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      return new Methods(super.visitMethod(access, name, descriptor, signature, exceptions));
    }
  }

  private static final class Methods extends MethodVisitor {
    private final Set<Label> passed = new HashSet<>();

    Methods(MethodVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public void visitCode() {
      super.visitCode();
      check();
    }

    @Override
    public void visitLabel(Label label) {
      passed.add(label);
      super.visitLabel(label);
    }

    @Override
    public void visitJumpInsn(int opcode, Label label) {
      if (passed.contains(label)) {
        check();
      }
      super.visitJumpInsn(opcode, label);
    }

    private void check() {
      super.visitInvokeDynamicInsn("check", "()V", LINK);
    }
  }
}
