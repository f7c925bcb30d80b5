#include "libs/domain/search/segment_builder.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "libs/domain/search/features.h"

namespace kontor::search {
namespace {

void AddText(const text::Analyzer& analyzer, absl::string_view value, Field field, std::vector<text::Token>& tokens,
             AnalysedProduct& out) {
  analyzer.Analyze(value, tokens);
  const bool follows = !out.terms.empty() && out.terms.back().field == static_cast<uint8_t>(field);
  for (size_t i = 0; i < tokens.size(); ++i) {
    AnalysedProduct::Term term;
    term.begin = static_cast<uint32_t>(out.text.size());
    term.size = static_cast<uint32_t>(tokens[i].term.size());
    term.field = static_cast<uint8_t>(field);
    term.same_place = i > 0 && tokens[i].position == tokens[i - 1].position;
    term.gap = i == 0 && follows;
    term.counts = !term.same_place && tokens[i].kind != text::Token::Kind::kMeasure;
    out.text += tokens[i].term;
    out.terms.push_back(term);
  }
}

std::vector<uint32_t> Counted(size_t size) {
  std::vector<uint32_t> numbers(size);
  std::iota(numbers.begin(), numbers.end(), 0U);
  return numbers;
}

}  // namespace

AnalysedProduct AnalyseProduct(const text::Analyzer& analyzer, const Product& product,
                               std::vector<text::Token>& tokens) {
  AnalysedProduct out;
  out.product.id = product.id;
  out.product.group_id = product.group_id;
  out.product.title = product.title;
  out.product.brand = product.brand;
  out.product.category_path = product.category_path;
  out.product.attributes = product.attributes;
  out.product.available_at_us = product.available_at_us;
  AddText(analyzer, product.title, Field::kTitle, tokens, out);
  out.title_head =
      static_cast<uint16_t>(std::min<size_t>(TitleHead(product.title, tokens), std::numeric_limits<uint16_t>::max()));
  AddText(analyzer, product.brand, Field::kBrand, tokens, out);
  for (const std::string& part : product.category_path) AddText(analyzer, part, Field::kCategory, tokens, out);
  for (const Attribute& attribute : product.attributes) {
    AddText(analyzer, attribute.text, Field::kAttributes, tokens, out);
  }
  for (const std::string& code : product.codes) AddText(analyzer, code, Field::kCodes, tokens, out);
  AddText(analyzer, product.description, Field::kDescription, tokens, out);
  return out;
}

uint32_t SegmentBuilder::Intern(absl::string_view term) {
  return term_numbers_.try_emplace(term, static_cast<uint32_t>(term_numbers_.size())).first->second;
}

void SegmentBuilder::AddTerms(const AnalysedProduct& product, Doc& doc) {
  size_t field = 0;
  std::array<uint32_t, kFields> lengths{};
  for (const AnalysedProduct::Term& term : product.terms) {
    if (term.field != field) {
      field = term.field;
      forward_.push_back(FieldMark(field));
    } else if (term.gap) {
      forward_.push_back(kGap);
    }
    const uint32_t number = Intern(absl::string_view(product.text).substr(term.begin, term.size));
    forward_.push_back(term.same_place ? number | kSamePlace : number);
    lengths[field] += term.counts ? 1 : 0;
  }
  for (size_t f = 0; f < kFields; ++f) doc.lengths |= static_cast<Lengths>(LengthByte(lengths[f])) << (8 * f);
}

void SegmentBuilder::AddValues(const Product& product, Doc& doc) {
  const auto add = [&](const Property& property, absl::string_view value) {
    const uint32_t number = values_.Intern(values_.InternProperty(property), value);
    if (number != ValueDictionary::kNone) doc_values_.push_back(number);
  };
  if (!product.brand.empty()) add({Property::Kind::kBrand, ""}, product.brand);
  const std::string category = CategoryKey(product.category_path);
  for (size_t end = 0; !category.empty() && end != std::string::npos;) {
    end = category.find('\x1f', end + 1);
    add({Property::Kind::kCategory, ""}, absl::string_view(category).substr(0, end));
  }
  for (const Attribute& attribute : product.attributes) {
    const Property property{Property::Kind::kAttribute, attribute.name};
    if (!attribute.text.empty()) add(property, attribute.text);
    if (attribute.numeric) {
      numbers_.push_back({values_.InternProperty(property), documents(), attribute.number});
    }
  }
  const auto begin = doc_values_.begin() + static_cast<ptrdiff_t>(doc.values_begin);
  std::sort(begin, doc_values_.end());
  doc_values_.erase(std::unique(begin, doc_values_.end()), doc_values_.end());
  doc.group = product.group_id.empty()
                  ? ValueDictionary::kNone
                  : values_.Intern(values_.InternProperty({Property::Kind::kGroup, ""}), product.group_id);
}

void SegmentBuilder::FindPlace(Doc& doc) const {
  const uint32_t category = values_.FindProperty({Property::Kind::kCategory, ""});
  const uint32_t brand = values_.FindProperty({Property::Kind::kBrand, ""});
  doc.category = doc.brand = ValueDictionary::kNone;
  for (size_t i = doc.values_begin; i < doc.values_end; ++i) {
    const uint32_t value = doc_values_[i];
    const uint32_t property = values_.PropertyOf(value);
    if (property == brand) doc.brand = value;
    if (property != category) continue;
    const bool deeper =
        doc.category == ValueDictionary::kNone || values_.Text(value).size() > values_.Text(doc.category).size();
    if (deeper) doc.category = value;
  }
}

void SegmentBuilder::Add(const AnalysedProduct& product, uint64_t sequence, uint32_t row, const LiveValues& live) {
  Doc doc;
  doc.sequence = sequence;
  doc.row = row;
  doc.live = live;
  doc.available_at_us = product.product.available_at_us;
  doc.title_head = product.title_head;
  doc.forward_begin = forward_.size();
  AddTerms(product, doc);
  doc.forward_end = forward_.size();
  doc.values_begin = doc_values_.size();
  AddValues(product.product, doc);
  doc.values_end = doc_values_.size();
  FindPlace(doc);
  ids_.Add(product.product.id);
  titles_.Add(product.product.title);
  docs_.push_back(doc);
}

void SegmentBuilder::AddSegment(uint32_t source, const Segment& segment, BitSpan alive) {
  std::vector<uint32_t> term_of(segment.terms.size());
  for (uint32_t term = 0; term < term_of.size(); ++term) term_of[term] = Intern(segment.terms[term]);
  std::vector<uint32_t> doc_of(segment.documents, ValueDictionary::kNone);
  ForEachBit(alive, [&](uint32_t from) {
    Doc doc;
    doc.sequence = segment.sequence[from];
    doc.row = segment.row[from];
    doc.group = segment.group[from];
    doc.live = segment.live.Get(from);
    doc.available_at_us = segment.available_at_us[from];
    doc.title_head = segment.title_head[from];
    doc.lengths = segment.lengths[from];
    doc.forward_begin = forward_.size();
    for (uint32_t entry : segment.Forward(from)) {
      const bool mark = (entry & ~kSamePlace) >= kMarks;
      forward_.push_back(mark ? entry : term_of[entry & ~kSamePlace] | (entry & kSamePlace));
    }
    doc.forward_end = forward_.size();
    doc.values_begin = doc_values_.size();
    for (uint32_t value : segment.ValuesOf(from)) doc_values_.push_back(value);
    doc.values_end = doc_values_.size();
    FindPlace(doc);
    ids_.Add(segment.ids[from]);
    titles_.Add(segment.titles[from]);
    doc_of[from] = documents();
    moved_.push_back({source, from, documents()});
    docs_.push_back(doc);
  });
  for (const NumberColumn& column : segment.numbers) {
    for (size_t i = 0; i < column.docs.size(); ++i) {
      if (const uint32_t doc = doc_of[column.docs[i]]; doc != ValueDictionary::kNone) {
        numbers_.push_back({column.property, doc, column.numbers[i]});
      }
    }
  }
}

std::vector<uint32_t> SegmentBuilder::Order() const {
  std::vector<uint32_t> categories;
  for (const Doc& doc : docs_) categories.push_back(doc.category);
  std::sort(categories.begin(), categories.end());
  categories.erase(std::unique(categories.begin(), categories.end()), categories.end());
  std::sort(categories.begin(), categories.end(), [this](uint32_t a, uint32_t b) {
    if (a == ValueDictionary::kNone || b == ValueDictionary::kNone) return a < b;
    return values_.Text(a) < values_.Text(b);
  });
  absl::flat_hash_map<uint32_t, uint32_t> places;
  for (uint32_t i = 0; i < categories.size(); ++i) places.emplace(categories[i], i);
  struct Key {
    uint64_t group;
    float popularity;
    uint64_t sequence;
  };
  std::vector<Key> keys;
  keys.reserve(docs_.size());
  for (const Doc& doc : docs_) {
    keys.push_back({uint64_t{places.at(doc.category)} << 32 | doc.brand, -doc.live.popularity, doc.sequence});
  }
  std::vector<uint32_t> order = Counted(docs_.size());
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const Key &x = keys[a], &y = keys[b];
    return std::tie(x.group, x.popularity, x.sequence) < std::tie(y.group, y.popularity, y.sequence);
  });
  return order;
}

std::vector<uint32_t> SegmentBuilder::SortTerms(Segment& segment) const {
  struct Term {
    uint64_t head;  // the first bytes, the first of them highest: most comparisons end there
    absl::string_view text;
    uint32_t number;
  };
  std::vector<Term> terms;
  terms.reserve(term_numbers_.size());
  for (const auto& [text, number] : term_numbers_) {
    uint64_t head = 0;
    for (size_t i = 0; i < sizeof(head); ++i) {
      head = head << 8 | (i < text.size() ? static_cast<uint8_t>(text[i]) : 0);
    }
    terms.push_back({head, text, number});
  }
  std::sort(terms.begin(), terms.end(),
            [](const Term& a, const Term& b) { return a.head != b.head ? a.head < b.head : a.text < b.text; });
  std::vector<uint32_t> place_of(terms.size());
  size_t bytes = 0;
  for (const Term& term : terms) bytes += term.text.size();
  segment.terms.Reserve(terms.size(), bytes);
  for (uint32_t place = 0; place < terms.size(); ++place) {
    place_of[terms[place].number] = place;
    segment.terms.Add(terms[place].text);
  }
  return place_of;
}

std::shared_ptr<Segment> SegmentBuilder::Seal(uint64_t number) {
  auto segment = std::make_shared<Segment>();
  segment->number = number;
  segment->documents = documents();
  const std::vector<uint32_t> order = Order();
  std::vector<uint32_t> places(order.size());
  for (uint32_t place = 0; place < order.size(); ++place) places[order[place]] = place;
  const std::vector<uint32_t> term_numbers = SortTerms(*segment);
  term_numbers_ = {};
  FillDocuments(order, *segment);
  FillForward(order, term_numbers, *segment);
  FillValues(order, *segment);
  FillNumbers(places, *segment);
  for (MovedDocument& moved : moved_) moved.to = places[moved.to];
  Invert(*segment);
  FinishLookups(values_, *segment);
  return segment;
}

void SegmentBuilder::FillDocuments(absl::Span<const uint32_t> order, Segment& segment) const {
  segment.live = LiveColumns(segment.documents);
  for (auto* column : {&segment.lengths, &segment.sequence}) column->reserve(order.size());
  for (auto* column : {&segment.row, &segment.group}) column->reserve(order.size());
  segment.available_at_us.reserve(order.size());
  segment.title_head.reserve(order.size());
  segment.ids.Reserve(order.size(), ids_.text.size());
  segment.titles.Reserve(order.size(), titles_.text.size());
  for (uint32_t place = 0; place < order.size(); ++place) {
    const Doc& doc = docs_[order[place]];
    segment.lengths.push_back(doc.lengths);
    segment.sequence.push_back(doc.sequence);
    segment.row.push_back(doc.row);
    segment.group.push_back(doc.group);
    segment.available_at_us.push_back(doc.available_at_us);
    segment.title_head.push_back(doc.title_head);
    segment.ids.Add(ids_[order[place]]);
    segment.titles.Add(titles_[order[place]]);
    segment.live.Set(place, doc.live);
  }
}

void SegmentBuilder::FillForward(absl::Span<const uint32_t> order, absl::Span<const uint32_t> term_numbers,
                                 Segment& segment) {
  segment.forward.reserve(forward_.size());
  segment.forward_begin.reserve(order.size() + 1);
  segment.forward_begin.push_back(0);
  for (uint32_t from : order) {
    for (size_t i = docs_[from].forward_begin; i < docs_[from].forward_end; ++i) {
      const uint32_t entry = forward_[i];
      const bool mark = (entry & ~kSamePlace) >= kMarks;
      segment.forward.push_back(mark ? entry : term_numbers[entry & ~kSamePlace] | (entry & kSamePlace));
    }
    segment.forward_begin.push_back(segment.forward.size());
  }
  forward_ = {};
}

void SegmentBuilder::FillValues(absl::Span<const uint32_t> order, Segment& segment) const {
  segment.doc_values.reserve(doc_values_.size());
  segment.value_begin.reserve(order.size() + 1);
  segment.value_begin.push_back(0);
  for (uint32_t from : order) {
    for (size_t i = docs_[from].values_begin; i < docs_[from].values_end; ++i) {
      segment.doc_values.push_back(doc_values_[i]);
    }
    segment.value_begin.push_back(static_cast<uint32_t>(segment.doc_values.size()));
  }
}

void SegmentBuilder::FillNumbers(absl::Span<const uint32_t> places, Segment& segment) const {
  std::vector<Number> numbers = numbers_;
  for (Number& number : numbers) number.doc = places[number.doc];
  std::sort(numbers.begin(), numbers.end(), [](const Number& a, const Number& b) {
    return std::tie(a.property, a.doc, a.number) < std::tie(b.property, b.doc, b.number);
  });
  for (const Number& number : numbers) {
    if (segment.numbers.empty() || segment.numbers.back().property != number.property) {
      segment.numbers.emplace_back().property = number.property;
    }
    segment.numbers.back().docs.push_back(number.doc);
    segment.numbers.back().numbers.push_back(number.number);
  }
  for (NumberColumn& column : segment.numbers) {
    column.docs.shrink_to_fit();
    column.numbers.shrink_to_fit();
  }
}

}  // namespace kontor::search
