#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/search/engine.h"

// The part of a result that is ranked again: the best by words and the nearest of meaning.
namespace kontor::search {

struct WindowEntry {
  DocRef doc;
  uint64_t sequence = 0;
  float lexical = 0, cosine = 0, catalogue_cosine = 0, fused = 0;
  double score = 0;
  bool exact = false;  // has every part number that was asked for, or is of this very name: stands before what is near
};

struct WindowInput {
  const EngineParts& parts;
  const EngineSettings& settings;
  const Question& question;
  const Reading& reading;
  const PreparedQuery& query;
  const QueryVectors& vectors;
  absl::Span<const DocRef> neighbours;  // that joined the set
};

struct Window {
  std::vector<WindowEntry> entries;  // best first
  RankPosition last;                 // of the last of the best by words: the tail begins behind it
  bool whole = false;                // there is no tail
  Effort effort = Effort::kLexical;
};

Window RankWindow(const WindowInput& input, const MatchSet& set);

// The rows that the learned ranker sees, of entries in their order: entries.size() * kFeatures numbers. Marks those
// that are exact.
std::vector<float> RowsOf(const WindowInput& input, absl::Span<WindowEntry> entries);

// What decides how much meaning counts for this query.
FusionSignals SignalsOf(const WindowInput& input, absl::Span<const Hit> lexical);

}  // namespace kontor::search
