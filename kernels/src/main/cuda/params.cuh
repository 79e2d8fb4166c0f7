// What a launch is told. Java packs these structs by offset (io.loupe.kernels.attention.LaunchParams), so every offset is
// asserted here, and the Java test reads these lines.
#pragma once
#include <cstddef>
#include <cstdint>

constexpr int MAX_RULES = 32;   // knockouts and weights of one head
constexpr int MAX_WINDOWS = 4;  // sinks-and-window masks of one head
constexpr int MAX_SETS = 4;     // key sets whose mass is summed in the pass over all keys

// Rows of the output, each [batch, head, query] of float32.
enum Slot {
  LOG_SUM_EXP = 0,
  ENTROPY = 1,
  SQUARES = 2,
  LARGEST = 3,
  LARGEST_KEY = 4,  // a column, as the bits of an int; -1 where no key is seen
  DISTANCE = 5,
  WITHIN = 6,
  DUPLICATE = 7,
  SETS = 8,
  TARGETS = 12,  // and on: masses on one key for each query
};

struct HeadEdit {
  float gate;                 // z is multiplied by it
  int factors;                // row of Params.factors, or -1
  int rules;                  // row of Params.queryRules and keyRules, or -1
  int windows;                // how many of the next are used
  int sinks[MAX_WINDOWS];
  int spans[MAX_WINDOWS];
  float weights[MAX_RULES];   // added to scores, in nats; -infinity hides
};

struct Params {
  const void *q;              // [batch, query, head, d]
  const void *k;              // [batch, key, kv_head, d]
  const void *v;              // as k
  void *z;                    // as q; null: not wanted
  float *rows;                // [slot, batch, head, query]
  const int *positions;       // [batch, key], -1 is padding; null: nothing is padded
  const int *tokens;          // [batch, key] ids; null unless duplicates are asked for
  const unsigned *sets;       // [batch, key], a bit for each key set; null: none
  const float *slopes;        // [head], ALiBi; null: none
  const HeadEdit *edits;      // [batch, head]; null: none
  const float *factors;       // [row, key column of the query], 1 / temperature
  const unsigned *queryRules; // [row, key column of the query], a bit for each rule
  const unsigned *keyRules;   // [row, key], likewise
  const int *targets;         // [target, batch, query], key columns, -1 for none
  void *out;                  // of the second pass: received [batch, head, key], pattern, top keys
  void *out2;
  int batch;
  int heads;
  int group;                  // heads that share a key
  int queries;
  int keys;
  int d;
  int causal;
  int window;                 // INT_MAX: none
  int within;                 // distances count as this at most
  int setCount;
  int targetCount;
  int top;
  float scale;                // of products, in nats
  float cap;                  // 0: none
};

#define AT(type, field, offset) static_assert(offsetof(type, field) == offset, #field)
AT(HeadEdit, gate, 0);
AT(HeadEdit, factors, 4);
AT(HeadEdit, rules, 8);
AT(HeadEdit, windows, 12);
AT(HeadEdit, sinks, 16);
AT(HeadEdit, spans, 32);
AT(HeadEdit, weights, 48);
static_assert(sizeof(HeadEdit) == 176, "HeadEdit");
AT(Params, q, 0);
AT(Params, k, 8);
AT(Params, v, 16);
AT(Params, z, 24);
AT(Params, rows, 32);
AT(Params, positions, 40);
AT(Params, tokens, 48);
AT(Params, sets, 56);
AT(Params, slopes, 64);
AT(Params, edits, 72);
AT(Params, factors, 80);
AT(Params, queryRules, 88);
AT(Params, keyRules, 96);
AT(Params, targets, 104);
AT(Params, out, 112);
AT(Params, out2, 120);
AT(Params, batch, 128);
AT(Params, heads, 132);
AT(Params, group, 136);
AT(Params, queries, 140);
AT(Params, keys, 144);
AT(Params, d, 148);
AT(Params, causal, 152);
AT(Params, window, 156);
AT(Params, within, 160);
AT(Params, setCount, 164);
AT(Params, targetCount, 168);
AT(Params, top, 172);
AT(Params, scale, 176);
AT(Params, cap, 180);
static_assert(sizeof(Params) == 184, "Params");
#undef AT
