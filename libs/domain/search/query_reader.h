#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "libs/domain/search/query_words.h"
#include "libs/domain/search/understand.h"
#include "libs/domain/text/unicode.h"

// The first pass over a query: what its words do, before it is known what they are.
namespace kontor::search {

// A word, a number or a sign of the query.
struct QueryAtom {
  std::string text;             // folded, without apostrophes
  uint32_t begin = 0, end = 0;  // bytes
  char sign = 0;                // '-' or '+' right before it
  bool quoted = false;          // within balanced quotes
  bool joined = false;          // to the one before, by nothing or a hyphen
  bool number = false;          // digits, "1,000", "49.99"
  double value = 0;
  bool removed = false;  // no word to be searched for
};

struct QueryPhrase {
  uint32_t begin = 0, end = 0;  // between the quotes
  bool excluded = false;        // -"…"
};

// Reads price, preference, negation, filler and operators out of a query. What it takes is marked as removed.
class QueryReader {
 public:
  // Both outlive the reader.
  QueryReader(const QueryWords& words, absl::string_view query, bool decimal_comma);

  // Atoms that are not wanted together: [begin, end).
  struct Group {
    size_t begin = 0, end = 0;
  };

  // In this order.
  void ReadPrices(UnderstoodQuery& understood);
  void ReadPricePreference(UnderstoodQuery& understood);
  // What is not wanted. `pairs`: whether two words are one thing ("stainless steel").
  std::vector<Group> ReadNegations(absl::FunctionRef<bool(absl::string_view, absl::string_view)> pairs);
  void ReadFiller(UnderstoodQuery& understood);

  std::vector<QueryAtom>& atoms() { return atoms_; }
  const std::vector<QueryPhrase>& phrases() const { return phrases_; }
  // The query with everything removed, quotes and signs blanked; bytes stay where they are.
  std::string Remaining() const;

 private:
  struct Money {
    double amount = 0;
    bool named = false;  // with a currency
    std::string currency;
    size_t end = 0;  // behind its last atom
  };

  struct Bytes {
    uint32_t begin = 0, end = 0;
  };

  void Split(bool decimal_comma);
  size_t AddWord(const text::FoldedText& folded, size_t at, bool decimal_comma);
  void AddAtom(QueryAtom atom);
  void PairQuotes();
  std::optional<Money> ReadMoney(size_t at) const;
  std::optional<Money> ReadNumber(size_t at) const;
  bool IsMeasure(const Money& money) const;
  size_t ReadPrice(size_t at, UnderstoodQuery& understood);
  size_t ReadRange(size_t at, UnderstoodQuery& understood);
  size_t ReadBound(size_t at, UnderstoodQuery& understood);
  size_t ReadBoundBehind(size_t at, UnderstoodQuery& understood);
  void Price(size_t begin, size_t end, double low, double high, const Money& money, UnderstoodQuery& understood);
  void Remove(size_t begin, size_t end, QueryPiece::Kind kind, std::string meaning, UnderstoodQuery& understood);
  bool Free(size_t at) const { return at < atoms_.size() && !atoms_[at].removed && !atoms_[at].quoted; }
  const std::string* CurrencyAt(size_t at) const;  // null: none

  const QueryWords& words_;
  const absl::string_view query_;
  uint32_t end_ = 0;  // of what is read
  std::vector<QueryAtom> atoms_;
  std::vector<std::string> texts_;  // of atoms; quoted ones are empty
  std::vector<Bytes> quotes_;
  std::vector<QueryPhrase> phrases_;
};

}  // namespace kontor::search
