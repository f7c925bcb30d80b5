#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/domain/analytics/dictionary.h"
#include "libs/domain/analytics/facts.h"

// The columns behind FactTable. Not thread-safe.
namespace kontor::analytics {

// What has a dictionary. The first twelve are columns of rows, the others belong to products.
enum class Column : uint8_t {
  kCountry,
  kChannel,
  kStore,
  kCurrency,
  kProduct,
  kCustomer,
  kDevice,
  kDocumentKind,
  kSource,
  kReason,
  kSession,
  kVisitor,
  kCategory,
  kDepartment,
  kBrand,
};
inline constexpr int kRowColumns = 12;
inline constexpr int kColumns = 15;

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
inline constexpr int32_t kNoHour = 0;    // of a document that has not come yet (1970 is before any fact)
inline constexpr int64_t kUnknown = -1;  // the revision of a document or product that has not come yet

// Rows of one kind of fact: codes by column (columns that the kind lacks stay empty) and times.
struct Rows {
  std::array<std::vector<uint32_t>, kRowColumns> codes;
  std::vector<int64_t> occurred_us;  // since the Unix epoch
  std::vector<int32_t> hour;         // local civil hours since 1970-01-01T00 in the shop's time zone

  size_t size() const { return occurred_us.size(); }
  std::vector<uint32_t>& operator[](Column column) { return codes[static_cast<int>(column)]; }
  const std::vector<uint32_t>& operator[](Column column) const { return codes[static_cast<int>(column)]; }
};

// Lines of documents, in nanos. A document's lines lie side by side.
struct Lines {
  static constexpr uint8_t kPieces = 1, kCostKnown = 2;
  std::vector<int64_t> amount, quantity, discount, tax, cost;  // cost: 0 when unknown
  std::vector<uint32_t> product;
  std::vector<uint8_t> flags;

  size_t size() const { return amount.size(); }
};

// One row for every document that was seen or named; those only named (by a cancellation or a return) have revision
// kUnknown and no lines.
struct Documents {
  Rows rows;
  std::vector<DocumentKind> kind;
  std::vector<int64_t> revision, cancelled_us;  // cancelled_us: kNever when not cancelled
  std::vector<uint64_t> fingerprint;
  std::vector<uint32_t> order;  // of a return: row of its order, else its own row
  std::vector<uint32_t> first_line, line_count;
  std::vector<uint8_t> late;
  Lines lines;
  Dictionary keys;  // kind and id → row + 1
  size_t dead_lines = 0;
};

struct Behavior {
  Rows rows;  // an impression of n products takes n rows
  std::vector<BehaviorType> type;
  std::vector<uint8_t> late;                               // on an event's first row
  absl::flat_hash_map<absl::uint128, uint32_t> first_row;  // by 128 bits of SHA-256 of (source, event id)
};

struct Refusals {
  Rows rows;
  std::vector<int64_t> count;
  absl::flat_hash_set<absl::uint128> seen;
};

// By product code; shorter than the dictionary when the last products have no attributes.
struct Products {
  std::vector<int64_t> revision;
  std::vector<uint64_t> fingerprint;
  std::vector<uint32_t> category, department, brand;
};

struct Store {
  explicit Store(absl::TimeZone zone);

  Outcome Apply(const DocumentFact& fact);
  Outcome Apply(const CancellationFact& fact);
  Outcome Apply(const BehaviorFact& fact);
  Outcome Apply(const ProductFact& fact);
  Outcome Apply(const RefusalFact& fact);

  const Dictionary& dictionary(Column column) const { return dictionaries[static_cast<int>(column)]; }

  absl::TimeZone time_zone;
  std::array<Dictionary, kColumns> dictionaries;
  Documents documents;
  Behavior behavior;
  Refusals refusals;
  Products products;
  uint64_t version = 0;
  int64_t newest_us = std::numeric_limits<int64_t>::min();

 private:
  Dictionary& Of(Column column) { return dictionaries[static_cast<int>(column)]; }
  uint32_t DocumentRow(DocumentKind kind, absl::string_view id);
  void SetTime(Rows& rows, size_t row, absl::Time time);
  void ReplaceDocument(uint32_t row, const DocumentFact& fact);
  void AppendLines(const std::vector<LineFact>& facts);
  void CompactLines();
};

}  // namespace kontor::analytics
