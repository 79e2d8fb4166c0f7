package io.loupe.notebooks.eval;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jdk.jshell.execution.LoaderDelegate;
import jdk.jshell.spi.ExecutionControl.ClassBytecodes;
import jdk.jshell.spi.ExecutionControl.ClassInstallException;
import jdk.jshell.spi.ExecutionControl.InternalException;
import jdk.jshell.spi.ExecutionControl.NotImplementedException;

/**
 * Loads the classes that JShell compiles from cells, and sees to it that the value of a variable
 * goes when the variable is declared again: JShell keeps each variable in a static field of a class
 * of its own, and never unloads one.
 */
final class CellClasses implements LoaderDelegate {
  private final Loader loader = new Loader();
  private final Map<String, byte[]> pending = new ConcurrentHashMap<>();
  private final Map<String, Field> variables = new HashMap<>();

  ClassLoader loader() {
    return loader;
  }

  @Override
  public void load(ClassBytecodes[] classes) throws ClassInstallException, NotImplementedException {
    for (ClassBytecodes each : classes) {
      pending.put(each.name(), StopChecks.insert(each.bytecodes()));
    }
    boolean[] installed = new boolean[classes.length];
    for (int i = 0; i < classes.length; i++) {
      try {
        remember(loader.loadClass(classes[i].name()));
        installed[i] = true;
      } catch (ClassNotFoundException | LinkageError e) {
        throw new ClassInstallException("cannot load " + classes[i].name() + ": " + e, installed);
      }
    }
  }

  /** Clears the variable's field, so that the value lives only where cells have put it. */
  void forget(String variable) {
    Field field = variables.remove(variable);
    if (field != null) {
      clear(field);
    }
  }

  private void remember(Class<?> wrapper) {
    if (wrapper.getDeclaringClass() != null) {
      return;
    }
    for (Field field : wrapper.getDeclaredFields()) {
      boolean holdsReference =
          Modifier.isStatic(field.getModifiers())
              && !Modifier.isFinal(field.getModifiers())
              && !field.getType().isPrimitive();
      forget(field.getName());
      if (holdsReference) {
        variables.put(field.getName(), field);
      }
    }
  }

  private static void clear(Field field) {
    try {
      field.setAccessible(true);
      field.set(null, null);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("JShell's field " + field + " cannot be cleared", e);
    }
  }

  @Override
  public void classesRedefined(ClassBytecodes[] classes) {
    // redefinition is refused by DirectExecutionControl; JShell then loads a new class
  }

  @Override
  public void addToClasspath(String path) throws InternalException {
    throw new InternalException(
        "the class path is fixed when the JVM starts; give " + path + " to the start command");
  }

  @Override
  public Class<?> findClass(String name) throws ClassNotFoundException {
    return loader.loadClass(name);
  }

  private final class Loader extends ClassLoader {
    Loader() {
      super(CellClasses.class.getClassLoader());
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      byte[] classFile = pending.remove(name);
      if (classFile == null) {
        throw new ClassNotFoundException(name);
      }
      return defineClass(name, classFile, 0, classFile.length);
    }
  }
}
