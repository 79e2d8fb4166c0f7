package io.loupe.workbench.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/**
 * A hub on this machine with one model, owner/name. It answers as the real one does: small files
 * through a redirect on the same host, with git's hash as ETag; weights through a redirect to
 * another host ("localhost" instead of "127.0.0.1"), with SHA-256 in the redirect. What it should
 * do otherwise, once or always, can be said for each path.
 */
public final class FakeHub implements AutoCloseable {
  public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  static {
    System.setProperty("sun.net.httpserver.nodelay", "true"); // else each answer takes 40 ms
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private final List<String> listedToo = new ArrayList<>();
  private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, Queue<Answer>> once = new ConcurrentHashMap<>();
  private final Map<String, Answer> always = new ConcurrentHashMap<>();

  /** What came in. */
  public record Request(
      String method, String host, String path, Optional<String> range, Optional<String> token) {
    @Override
    public String toString() {
      return method + " " + path + range.map(text -> " " + text).orElse("");
    }
  }

  /** What goes out instead of the usual. */
  @FunctionalInterface
  public interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  public FakeHub() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  // what it has

  public FakeHub with(String file, byte[] content) {
    files.put(file, content);
    return this;
  }

  public FakeHub with(String file, String content) {
    return with(file, content.getBytes(StandardCharsets.UTF_8));
  }

  public FakeHub without(String file) {
    files.remove(file);
    return this;
  }

  /** Names a file in the list of files that is not there. */
  public FakeHub listing(String file) {
    listedToo.add(file);
    return this;
  }

  public byte[] content(String file) {
    return files.get(file);
  }

  /** Returns the name of a file's blob. */
  public String etag(String file) {
    byte[] content = files.get(file);
    return isLarge(file)
        ? hash("SHA-256", content)
        : hash("SHA-1", concat(("blob " + content.length + "\0").getBytes(), content));
  }

  // what it does

  /**
   * Answers a request for a path otherwise, one time.
   *
   * @param request method and path's end, such as {@code "GET /config.json"}
   */
  public FakeHub once(String request, Answer answer) {
    once.computeIfAbsent(request, key -> new ConcurrentLinkedQueue<>()).add(answer);
    return this;
  }

  public FakeHub always(String request, Answer answer) {
    always.put(request, answer);
    return this;
  }

  public static Answer status(int status, String... headers) {
    return exchange -> {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    };
  }

  /** Sends a body, saying that it is a file. */
  public static Answer body(byte[] body, String... headers) {
    return exchange -> {
      exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    };
  }

  /** Promises the whole and breaks the connection after a part of it. */
  public static Answer broken(byte[] body, int part) {
    return exchange -> {
      exchange.sendResponseHeaders(200, body.length);
      breakAfter(exchange, body, 0, part);
    };
  }

  /**
   * Writes a part of a body and ends the connection when the client has had time to read it: what
   * is on the way when a connection ends may get lost.
   */
  public static void breakAfter(HttpExchange exchange, byte[] body, int from, int count)
      throws IOException {
    exchange.getResponseBody().write(body, from, count);
    exchange.getResponseBody().flush();
    try {
      Thread.sleep(150);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    exchange.close();
  }

  // what it saw

  public String endpoint() {
    return "http://127.0.0.1:" + port();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public List<Request> requests() {
    synchronized (requests) {
      return List.copyOf(requests);
    }
  }

  /** Returns the requests for the contents of a file: not for its headers, not those sent on. */
  public List<Request> downloads(String file) {
    String path = isLarge(file) ? "/cdn/" + file : "/api/resolve-cache/" + file;
    return requests().stream()
        .filter(request -> request.method().equals("GET") && request.path().equals(path))
        .toList();
  }

  public void forgetRequests() {
    requests.clear();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  // how it does it

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    requests.add(
        new Request(
            exchange.getRequestMethod(),
            exchange.getRequestHeaders().getFirst("Host"),
            path,
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range")),
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"))));
    String request = exchange.getRequestMethod() + " " + path;
    answer(request).orElse(this::usual).to(exchange);
  }

  private Optional<Answer> answer(String request) {
    for (Map.Entry<String, Queue<Answer>> entry : once.entrySet()) {
      Answer answer = matches(request, entry.getKey()) ? entry.getValue().poll() : null;
      if (answer != null) {
        return Optional.of(answer);
      }
    }
    return always.keySet().stream()
        .filter(key -> matches(request, key))
        .findFirst()
        .map(always::get);
  }

  private static boolean matches(String request, String key) {
    String[] words = key.split(" ");
    return request.startsWith(words[0] + " ") && request.endsWith(words[1]);
  }

  private void usual(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    String file = path.substring(path.lastIndexOf('/') + 1);
    if (path.startsWith("/api/models/owner/name/revision/")) {
      body(list().getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json")
          .to(exchange);
    } else if (!files.containsKey(file)) {
      status(404, "X-Error-Code", "EntryNotFound").to(exchange);
    } else if (path.startsWith("/cdn/")) {
      send(exchange, file);
    } else if (path.startsWith("/api/resolve-cache/")) {
      exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
      send(exchange, file);
    } else {
      sendOn(exchange, file);
    }
  }

  private String list() {
    List<String> all = new ArrayList<>(files.keySet());
    all.addAll(listedToo);
    return all.stream()
        .map(file -> "{\"rfilename\": \"" + file + "\"}")
        .collect(Collectors.joining(", ", "{\"sha\": \"" + COMMIT + "\", \"siblings\": [", "]}"));
  }

  private void sendOn(HttpExchange exchange, String file) throws IOException {
    exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
    exchange.getResponseHeaders().set("X-Linked-Size", "" + files.get(file).length);
    exchange.getResponseHeaders().set("X-Linked-ETag", '"' + etag(file) + '"');
    String elsewhere = "http://localhost:" + port() + "/cdn/" + file + "?signature=secret";
    status(302, "Location", isLarge(file) ? elsewhere : "/api/resolve-cache/" + file).to(exchange);
  }

  private void send(HttpExchange exchange, String file) throws IOException {
    byte[] content = files.get(file);
    exchange.getResponseHeaders().set("ETag", '"' + etag(file) + '"');
    if (exchange.getRequestMethod().equals("HEAD")) {
      status(200, "Content-Length", "" + content.length).to(exchange);
      return;
    }
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
    if (from >= content.length && from > 0) {
      status(416, "Content-Range", "bytes */" + content.length).to(exchange);
      return;
    }
    if (range != null) {
      String part = "bytes %d-%d/%d".formatted(from, content.length - 1, content.length);
      exchange.getResponseHeaders().set("Content-Range", part);
    }
    byte[] rest = Arrays.copyOfRange(content, from, content.length);
    exchange.sendResponseHeaders(range == null ? 200 : 206, rest.length == 0 ? -1 : rest.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(rest);
    }
  }

  private static boolean isLarge(String file) {
    return file.endsWith(".safetensors") || file.endsWith(".bin");
  }

  private static byte[] concat(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }

  private static String hash(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
