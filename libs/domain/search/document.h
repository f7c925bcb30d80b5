#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// What the search engine knows of a product, and how a query looks once it has been understood. Plain values.
namespace kontor::search {

// The text of a product by where it stands; a match counts by the weight of its field.
enum class Field : uint8_t { kTitle = 0, kBrand, kCategory, kAttributes, kCodes, kDescription };
inline constexpr size_t kFields = 6;

// One value of a named property. Several values: several entries of one name.
struct Attribute {
  std::string name;
  std::string text;
  double number = 0;
  bool numeric = false;  // `number` counts; `text` is how it is written
};

// What the catalogue says; text fields are indexed.
struct Product {
  std::string id;        // not empty
  std::string group_id;  // variants share it; empty: a group of its own
  std::string title, brand, description;
  std::vector<std::string> category_path;  // general to specific
  std::vector<std::string> codes;          // GTIN, part numbers
  std::vector<Attribute> attributes;
  int64_t available_at_us = 0;  // since 1970, UTC; 0: unknown
};

// What changes often: columns outside of the postings.
struct LiveValues {
  int64_t price_micros = -1;  // of the shop's reporting currency; -1: unknown
  float stock = -1;           // pieces; -1: unknown, counts as in stock
  float popularity = 0;       // >= 0
  float margin_share = 0;     // of the price; 0 where cost is unknown
};

// A document within one IndexView; meaningless in another.
struct DocRef {
  uint32_t segment = 0, doc = 0;
  friend bool operator==(const DocRef&, const DocRef&) = default;
};

// What may stand for a word of a query: its stem, a synonym, a split compound ("dry wall" as a phrase of two terms).
struct Alternative {
  std::vector<std::string> terms;  // one term, or a phrase of adjacent terms
  float weight = 1;
};

// One word of a query.
struct Slot {
  std::vector<Alternative> alternatives;
  float weight = 1;
  bool required = false;
};

// Terms are what text::Analyzer puts out (normalised, stemmed). A document matches phrases and excluded term sequences
// within one field.
struct LexicalQuery {
  std::vector<Slot> slots;
  std::vector<std::vector<std::string>> phrases;   // all must be there
  std::vector<std::vector<std::string>> excluded;  // none may be there: a term, or a phrase of terms
};

}  // namespace kontor::search
