#include "libs/domain/search/segment_io.h"

#include <limits>
#include <string>
#include <utility>

#include "libs/domain/search/segment_builder.h"

namespace kontor::search {
namespace {

constexpr uint32_t kMaxDocuments = uint32_t{1} << 30;

void WriteStrings(const StringTable& strings, base::ByteWriter& writer) {
  writer.String(strings.text);
  writer.Array(strings.begin);
}

StringTable ReadStrings(base::ByteReader& reader, uint64_t size) {
  StringTable strings;
  strings.text = reader.String();
  strings.begin = reader.Array<uint64_t>();
  reader.Require(!strings.begin.empty() && strings.begin.size() - 1 == size, "a list of texts has a wrong size");
  if (!reader.status().ok()) return {};
  reader.RequireOffsets(strings.begin, size, strings.text.size());
  return strings;
}

template <typename T>
std::vector<T> ReadArray(base::ByteReader& reader, uint64_t size) {
  std::vector<T> values = reader.Array<T>();
  reader.Require(values.size() == size, "an array has a wrong size");
  return values;
}

template <typename T>
void CheckOffsets(base::ByteReader& reader, const std::vector<T>& begin, uint64_t rows, uint64_t entries) {
  reader.Require(!begin.empty() && begin.size() - 1 == rows && begin.front() == 0 && begin.back() == entries,
                 "a table has wrong offsets");
  for (size_t i = 1; i < begin.size(); ++i) reader.Require(begin[i - 1] <= begin[i], "a table has falling offsets");
}

void CheckTerms(base::ByteReader& reader, const Segment& segment) {
  reader.Require(segment.terms.size() < kMarks, "there are too many terms");
  for (size_t i = 1; i < segment.terms.size() && reader.status().ok(); ++i) {
    reader.Require(segment.terms[i - 1] < segment.terms[i], "terms are out of order");
  }
}

void CheckForward(base::ByteReader& reader, const Segment& segment) {
  const auto terms = static_cast<uint32_t>(segment.terms.size());
  for (uint32_t doc = 0; doc < segment.documents && reader.status().ok(); ++doc) {
    bool after_term = false;
    uint32_t field = FieldMark(0);
    for (uint32_t entry : segment.Forward(doc)) {
      const bool term = (entry & ~kSamePlace) < terms;
      reader.Require(term || entry == kGap || (entry > field && entry < FieldMark(kFields)), "a term is out of range");
      reader.Require((entry & kSamePlace) == 0 || after_term, "a further form stands alone");
      after_term = term;
      if (!term && entry != kGap) field = entry;
    }
  }
}

void CheckValues(base::ByteReader& reader, const Segment& segment, const ValueDictionary& values) {
  const uint32_t size = values.size();
  const std::vector<Property> properties = values.Properties();
  const auto kind_of = [&](uint32_t value) { return properties[values.PropertyOf(value)].kind; };
  for (uint32_t doc = 0; doc < segment.documents && reader.status().ok(); ++doc) {
    const absl::Span<const uint32_t> own = segment.ValuesOf(doc);
    for (size_t i = 0; i < own.size(); ++i) {
      reader.Require(own[i] < size && kind_of(own[i]) <= Property::Kind::kAttribute, "a value is out of range");
      reader.Require(i == 0 || own[i - 1] < own[i], "values are out of order");
    }
    const uint32_t group = segment.group[doc];
    reader.Require(group == ValueDictionary::kNone || (group < size && kind_of(group) == Property::Kind::kGroup),
                   "a group is out of range");
  }
}

void ReadNumbers(base::ByteReader& reader, const ValueDictionary& values, Segment& segment) {
  const auto columns = reader.Value<uint32_t>();
  const std::vector<Property> properties = values.Properties();
  for (uint32_t i = 0; i < columns && reader.status().ok(); ++i) {
    NumberColumn& column = segment.numbers.emplace_back();
    column.property = reader.Value<uint32_t>();
    reader.Require(column.property < properties.size() && (i == 0 || segment.numbers[i - 1].property < column.property),
                   "a property of numbers is out of range");
    column.docs = reader.Array<uint32_t>();
    column.numbers = ReadArray<double>(reader, column.docs.size());
    reader.RequireBelow(column.docs, segment.documents);
    for (size_t j = 1; j < column.docs.size() && reader.status().ok(); ++j) {
      const bool rises = column.docs[j - 1] < column.docs[j] ||
                         (column.docs[j - 1] == column.docs[j] && column.numbers[j - 1] <= column.numbers[j]);
      reader.Require(rises, "numbers are out of order");
    }
  }
}

void WriteLive(const Segment& segment, base::ByteWriter& writer) {
  std::vector<int64_t> price;
  std::vector<float> stock, popularity, margin_share;
  for (uint32_t doc = 0; doc < segment.documents; ++doc) {
    const LiveValues live = segment.live.Get(doc);
    price.push_back(live.price_micros);
    stock.push_back(live.stock);
    popularity.push_back(live.popularity);
    margin_share.push_back(live.margin_share);
  }
  writer.Array(price);
  writer.Array(stock);
  writer.Array(popularity);
  writer.Array(margin_share);
}

void ReadLive(base::ByteReader& reader, Segment& segment) {
  const auto price = ReadArray<int64_t>(reader, segment.documents);
  const auto stock = ReadArray<float>(reader, segment.documents);
  const auto popularity = ReadArray<float>(reader, segment.documents);
  const auto margin_share = ReadArray<float>(reader, segment.documents);
  if (!reader.status().ok()) return;
  segment.live = LiveColumns(segment.documents);
  for (uint32_t doc = 0; doc < segment.documents; ++doc) {
    reader.Require(price[doc] >= -1 && stock[doc] >= -1 && popularity[doc] >= 0, "a live value is out of range");
    segment.live.Set(doc, {price[doc], stock[doc], popularity[doc], margin_share[doc]});
  }
}

void ReadDocuments(base::ByteReader& reader, Segment& segment) {
  const uint32_t documents = segment.documents;
  segment.lengths = ReadArray<Lengths>(reader, documents);
  segment.sequence = ReadArray<uint64_t>(reader, documents);
  segment.row = ReadArray<uint32_t>(reader, documents);
  segment.group = ReadArray<uint32_t>(reader, documents);
  segment.available_at_us = ReadArray<int64_t>(reader, documents);
  segment.title_head = ReadArray<uint16_t>(reader, documents);
  segment.ids = ReadStrings(reader, documents);
  segment.titles = ReadStrings(reader, documents);
  for (Lengths lengths : segment.lengths) reader.Require(lengths >> (8 * kFields) == 0, "a length is out of range");
  if (!reader.status().ok()) return;
  segment.id_lookup.Build(segment.ids);
  for (uint32_t doc = 0; doc < documents; ++doc) {
    reader.Require(!segment.ids[doc].empty() && segment.FindId(segment.ids[doc]) == doc, "an id is missing or doubled");
  }
}

void ReadAlive(base::ByteReader& reader, uint32_t documents, Bits& alive) {
  alive = ReadArray<uint64_t>(reader, WordsFor(documents));
  if (!reader.status().ok()) return;
  const Bits all = AllBits(documents);
  for (size_t i = 0; i < alive.size(); ++i) reader.Require((alive[i] & ~all[i]) == 0, "a deletion is out of range");
}

}  // namespace

void WriteValues(const ValueDictionary& values, absl::Span<const IndexView::Part> parts, base::ByteWriter& writer,
                 std::vector<uint32_t>& numbers) {
  std::vector<bool> used(values.size(), false);
  for (const IndexView::Part& part : parts) {
    for (uint32_t value : part.segment->doc_values) used[value] = true;
    for (uint32_t group : part.segment->group) {
      if (group != ValueDictionary::kNone) used[group] = true;
    }
  }
  const std::vector<Property> properties = values.Properties();
  writer.Value<uint32_t>(static_cast<uint32_t>(properties.size()));
  for (const Property& property : properties) {
    writer.Value<uint8_t>(static_cast<uint8_t>(property.kind));
    writer.String(property.name);
  }
  StringTable texts;
  std::vector<uint32_t> property_of;
  numbers.assign(used.size(), ValueDictionary::kNone);
  for (uint32_t value = 0; value < used.size(); ++value) {
    if (!used[value]) continue;
    numbers[value] = static_cast<uint32_t>(texts.size());
    texts.Add(values.Text(value));
    property_of.push_back(values.PropertyOf(value));
  }
  writer.Array(property_of);
  WriteStrings(texts, writer);
}

void ReadValues(base::ByteReader& reader, ValueDictionary& values) {
  const auto properties = reader.Value<uint32_t>();
  for (uint32_t i = 0; i < properties && reader.status().ok(); ++i) {
    Property property;
    const auto kind = reader.Value<uint8_t>();
    reader.Require(kind <= static_cast<uint8_t>(Property::Kind::kGroup), "a property is of no kind");
    property.kind = static_cast<Property::Kind>(kind);
    property.name = reader.String();
    if (reader.status().ok()) reader.Require(values.InternProperty(property) == i, "a property is doubled");
  }
  const std::vector<uint32_t> property_of = reader.Array<uint32_t>();
  const StringTable texts = ReadStrings(reader, property_of.size());
  reader.RequireBelow(property_of, properties);
  for (uint32_t i = 0; i < property_of.size() && reader.status().ok(); ++i) {
    reader.Require(values.Intern(property_of[i], texts[i]) == i, "a value is doubled");
  }
}

void WritePart(const IndexView::Part& part, absl::Span<const uint32_t> numbers, base::ByteWriter& writer) {
  const Segment& segment = *part.segment;
  const auto renumbered = [&](std::vector<uint32_t> values) {
    for (uint32_t& value : values) value = value == ValueDictionary::kNone ? value : numbers[value];
    return values;
  };
  writer.Value<uint32_t>(segment.documents);
  writer.Array(*part.alive);
  writer.Array(segment.lengths);
  writer.Array(segment.sequence);
  writer.Array(segment.row);
  writer.Array(renumbered(segment.group));
  writer.Array(segment.available_at_us);
  writer.Array(segment.title_head);
  WriteStrings(segment.ids, writer);
  WriteStrings(segment.titles, writer);
  writer.Value<uint64_t>(segment.terms.size());
  WriteStrings(segment.terms, writer);
  writer.Array(segment.forward_begin);
  writer.Array(segment.forward);
  writer.Array(segment.value_begin);
  writer.Array(renumbered(segment.doc_values));
  writer.Value<uint32_t>(static_cast<uint32_t>(segment.numbers.size()));
  for (const NumberColumn& column : segment.numbers) {
    writer.Value<uint32_t>(column.property);
    writer.Array(column.docs);
    writer.Array(column.numbers);
  }
  WriteLive(segment, writer);
}

std::shared_ptr<Segment> ReadPart(base::ByteReader& reader, const ValueDictionary& values, Bits& alive) {
  auto segment = std::make_shared<Segment>();
  segment->documents = reader.Value<uint32_t>();
  reader.Require(segment->documents <= kMaxDocuments, "a segment is too large");
  ReadAlive(reader, segment->documents, alive);
  ReadDocuments(reader, *segment);
  segment->terms = ReadStrings(reader, reader.Value<uint64_t>());
  CheckTerms(reader, *segment);
  segment->forward_begin = reader.Array<uint64_t>();
  segment->forward = reader.Array<uint32_t>();
  CheckOffsets(reader, segment->forward_begin, segment->documents, segment->forward.size());
  if (!reader.status().ok()) return nullptr;
  CheckForward(reader, *segment);
  segment->value_begin = reader.Array<uint32_t>();
  segment->doc_values = reader.Array<uint32_t>();
  CheckOffsets(reader, segment->value_begin, segment->documents, segment->doc_values.size());
  if (!reader.status().ok()) return nullptr;
  CheckValues(reader, *segment, values);
  ReadNumbers(reader, values, *segment);
  ReadLive(reader, *segment);
  if (!reader.status().ok()) return nullptr;
  Invert(*segment);
  FinishLookups(values, *segment);
  return segment;
}

}  // namespace kontor::search
