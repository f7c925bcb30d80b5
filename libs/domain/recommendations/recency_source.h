#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "libs/domain/recommendations/item_table.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

// A source that is a matrix of items by items, met by what the person did last:
//   signal(j) = sum over their items i of decay^age(i) * table(i, j),
// one signal a decay. Cost of a request: items of the person times the length of a row, a signal.
class RecencySource : public CandidateSource {
 public:
  enum class Kind : uint8_t {
    kEase = 0,   // ease.h
    kRules = 1,  // sequential_rules.h
  };

  RecencySource(Kind kind, ItemTable table) : kind_(kind), table_(std::move(table)) {}

  absl::string_view name() const override;
  absl::Span<const Signal> signals() const override;
  Effort effort() const override { return kind_ == Kind::kRules ? Effort::kSession : Effort::kLinear; }
  void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const override;
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  void Explain(const Profile& profile, ItemId item, Reason& reason) const override;

  const ItemTable& table() const { return table_; }

  void Save(base::ByteWriter& out) const override;
  static RecencySource Load(base::ByteReader& in, uint32_t item_count);

 private:
  Kind kind_;
  ItemTable table_;
};

}  // namespace kontor::recommendations
