#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/domain/search/engine.h"
#include "libs/domain/search/substitutes.h"

// The port: what answers questions about a shop's products, wherever the products are kept.
namespace kontor::search {

struct EngineAnswer {
  Answer answer;
  std::shared_ptr<const IndexView> view;  // that the answer's documents are of
};

struct SlotFrequency {
  uint64_t document_frequency = 0;  // in the whole catalogue
  float idf = 0;
};

// An answer from its first place on, and what explains it.
struct Inspection {
  EngineAnswer answered;  // its view holds the products that were asked about, too, as far as there are any
  std::vector<uint64_t> document_frequencies;  // by slot of the reading
  std::vector<bool> members;                   // by product asked about: whether it is in the result set
  RankRows rows;                               // of the best, where the effort was kLearned
};

// Every call is about one state of the catalogue, or of two that follow closely; validate questions first. All but the
// own engine may fail: UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL. Thread-safe.
class SearchEngine {
 public:
  virtual ~SearchEngine() = default;

  virtual absl::StatusOr<EngineAnswer> Ask(const EngineParts& parts, const EngineSettings& settings,
                                           const Question& question, absl::Time deadline) const = 0;
  virtual absl::StatusOr<Inspection> Inspect(const EngineParts& parts, const EngineSettings& settings,
                                             const Question& question, absl::Span<const std::string> products,
                                             absl::Time deadline) const = 0;
  // By slot.
  virtual absl::StatusOr<std::vector<SlotFrequency>> Frequencies(const EngineParts& parts, const LexicalQuery& query,
                                                                 absl::Time deadline) const = 0;
  // Whether a product matches all of it.
  virtual absl::StatusOr<bool> Finds(const EngineParts& parts, const LexicalQuery& query,
                                     absl::Span<const Filter> filters, absl::Time deadline) const = 0;
  // Those that are not in the catalogue.
  virtual absl::StatusOr<std::vector<std::string>> Missing(const EngineParts& parts,
                                                           absl::Span<const std::string> products,
                                                           absl::Time deadline) const = 0;

  // What can be bought in the place of products of an answer, as FindSubstitutes says, by product.
  struct Substitutes {
    std::vector<std::vector<Found>> found;
    std::shared_ptr<const IndexView> view;
  };
  virtual absl::StatusOr<Substitutes> SubstitutesFor(const EngineParts& parts, const EngineAnswer& answer,
                                                     absl::Span<const DocRef> products,
                                                     const SubstituteOptions& options, absl::Time deadline) const = 0;
};

// Answers from EngineParts::view, without a wait and without errors.
class OwnEngine : public SearchEngine {
 public:
  absl::StatusOr<EngineAnswer> Ask(const EngineParts& parts, const EngineSettings& settings, const Question& question,
                                   absl::Time deadline) const override;
  absl::StatusOr<Inspection> Inspect(const EngineParts& parts, const EngineSettings& settings, const Question& question,
                                     absl::Span<const std::string> products, absl::Time deadline) const override;
  absl::StatusOr<std::vector<SlotFrequency>> Frequencies(const EngineParts& parts, const LexicalQuery& query,
                                                         absl::Time deadline) const override;
  absl::StatusOr<bool> Finds(const EngineParts& parts, const LexicalQuery& query, absl::Span<const Filter> filters,
                             absl::Time deadline) const override;
  absl::StatusOr<std::vector<std::string>> Missing(const EngineParts& parts, absl::Span<const std::string> products,
                                                   absl::Time deadline) const override;
  absl::StatusOr<Substitutes> SubstitutesFor(const EngineParts& parts, const EngineAnswer& answer,
                                             absl::Span<const DocRef> products, const SubstituteOptions& options,
                                             absl::Time deadline) const override;
};

}  // namespace kontor::search
