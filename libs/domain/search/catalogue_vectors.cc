#include "libs/domain/search/catalogue_vectors.h"

#include <Eigen/Dense>
#include <Eigen/SparseCore>
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/bytes.h"
#include "libs/base/hash.h"
#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::search {
namespace {

constexpr absl::string_view kMagic = "KONTOR catalogue vectors 1\n";
constexpr size_t kChecksumBytes = 32;
constexpr double kPower = 0.25;  // of the singular values

using Index = absl::flat_hash_map<std::string, uint32_t>;
using Sparse = Eigen::SparseMatrix<float, Eigen::RowMajor>;
using Dense = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

absl::Status Check(absl::Span<const std::vector<std::string>> titles, absl::Span<const QueryClick> clicks,
                   const CatalogueVectorOptions& options) {
  if (options.dimensions < 8 || options.dimensions > 512 || options.least_products < 1 || options.most_terms < 1 ||
      options.most_terms > 1'000'000 || options.title_terms < 2 || options.oversampling < 0 ||
      options.power_iterations < 0 || !(options.click_weight >= 0) || !(options.context_power > 0)) {
    return absl::InvalidArgumentError("an option of the catalogue's vectors is out of range");
  }
  for (const QueryClick& click : clicks) {
    if (click.product >= titles.size() || !std::isfinite(click.count) || click.count < 0) {
      return absl::InvalidArgumentError("a click names no title, or its count is no number of clicks");
    }
  }
  return absl::OkStatus();
}

// The distinct known terms of a text, the first so many.
std::vector<uint32_t> Known(const Index& index, absl::Span<const std::string> terms, size_t most) {
  std::vector<uint32_t> out;
  for (const std::string& term : terms.first(std::min(terms.size(), most))) {
    if (const auto found = index.find(term); found != index.end()) out.push_back(found->second);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// The most frequent terms, numbered by falling frequency, equal ones by the alphabet; with their titles.
std::vector<uint32_t> Frequent(absl::Span<const std::vector<std::string>> titles, const CatalogueVectorOptions& options,
                               Index& index) {
  absl::flat_hash_map<absl::string_view, std::pair<uint32_t, uint32_t>> counts;  // titles, the last of them + 1
  for (uint32_t title = 0; title < titles.size(); ++title) {
    const auto terms = absl::MakeConstSpan(titles[title]);
    for (const std::string& term : terms.first(std::min<size_t>(terms.size(), options.title_terms))) {
      auto& [count, last] = counts[term];
      if (last == title + 1) continue;
      last = title + 1;
      ++count;
    }
  }
  std::vector<std::pair<uint32_t, absl::string_view>> order;
  for (const auto& [term, count] : counts) {
    if (count.first >= options.least_products) order.emplace_back(count.first, term);
  }
  std::sort(order.begin(), order.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  order.resize(std::min<size_t>(order.size(), options.most_terms));
  std::vector<uint32_t> out;
  for (const auto& [count, term] : order) {
    index.emplace(term, static_cast<uint32_t>(out.size()));
    out.push_back(count);
  }
  return out;
}

// How often two terms stand in one title, or in a query and the title that was clicked; both triangles. Cells are
// counted in rounds that sort and add up, so that memory is that of the distinct cells and of one round.
class CoOccurrence {
 public:
  explicit CoOccurrence(size_t terms) : terms_(terms) {}

  void Add(uint32_t a, uint32_t b, float count) {
    if (a == b) return;
    fresh_.push_back({uint64_t{a} * terms_ + b, count});
    fresh_.push_back({uint64_t{b} * terms_ + a, count});
    if (fresh_.size() > std::max<size_t>(kRound, cells_.size())) Merge();
  }

  Sparse Matrix() {
    Merge();
    Sparse out(static_cast<Eigen::Index>(terms_), static_cast<Eigen::Index>(terms_));
    out.reserve(static_cast<Eigen::Index>(cells_.size()));
    size_t at = 0;
    for (size_t row = 0; row < terms_; ++row) {
      out.startVec(static_cast<Eigen::Index>(row));
      for (; at < cells_.size() && cells_[at].place / terms_ == row; ++at) {
        out.insertBack(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(cells_[at].place % terms_)) =
            cells_[at].count;
      }
    }
    out.finalize();
    return out;
  }

 private:
  static constexpr size_t kRound = size_t{1} << 22;
  struct Cell {
    uint64_t place;
    float count;
  };

  void Merge() {
    std::sort(fresh_.begin(), fresh_.end(), [](const Cell& a, const Cell& b) { return a.place < b.place; });
    std::vector<Cell> merged;
    merged.reserve(cells_.size() + fresh_.size() / 2);
    const auto add = [&](const Cell& cell) {
      if (!merged.empty() && merged.back().place == cell.place) {
        merged.back().count += cell.count;
      } else {
        merged.push_back(cell);
      }
    };
    auto old = cells_.begin();
    for (const Cell& cell : fresh_) {
      for (; old != cells_.end() && old->place <= cell.place; ++old) add(*old);
      add(cell);
    }
    std::for_each(old, cells_.end(), add);
    cells_ = std::move(merged);
    fresh_.clear();
  }

  size_t terms_;
  std::vector<Cell> cells_, fresh_;  // cells_ by place
};

Sparse Count(absl::Span<const std::vector<std::string>> titles, absl::Span<const QueryClick> clicks, const Index& index,
             const CatalogueVectorOptions& options) {
  CoOccurrence counts(index.size());
  for (const std::vector<std::string>& title : titles) {
    const std::vector<uint32_t> terms = Known(index, title, options.title_terms);
    for (size_t i = 0; i < terms.size(); ++i) {
      for (size_t j = i + 1; j < terms.size(); ++j) counts.Add(terms[i], terms[j], 1);
    }
  }
  for (const QueryClick& click : clicks) {
    const float count = click.count * options.click_weight;
    if (!(count > 0)) continue;
    const std::vector<uint32_t> title = Known(index, titles[click.product], options.title_terms);
    for (const uint32_t a : Known(index, click.terms, options.title_terms)) {
      for (const uint32_t b : title) counts.Add(a, b, count);
    }
  }
  return counts.Matrix();
}

// Counts to max(0, log(p(a, b) / (p(a) p(b)))), the context's probabilities to a power.
void ToMutualInformation(Sparse& counts, float power) {
  Eigen::VectorXd sums = Eigen::VectorXd::Zero(counts.rows());
  for (Eigen::Index row = 0; row < counts.rows(); ++row) {
    for (Sparse::InnerIterator cell(counts, row); cell; ++cell) sums[row] += cell.value();
  }
  const Eigen::VectorXd contexts = sums.array().max(0).pow(power).matrix();
  const double total = contexts.sum();
  for (Eigen::Index row = 0; row < counts.rows(); ++row) {
    for (Sparse::InnerIterator cell(counts, row); cell; ++cell) {
      const double information = std::log(cell.value() * total / (sums[row] * contexts[cell.col()]));
      cell.valueRef() = static_cast<float>(std::max(0.0, information));
    }
  }
  counts.prune([](Eigen::Index, Eigen::Index, float value) { return value > 0; });
}

// Columns to an orthonormal basis of their span.
Dense Orthonormal(const Dense& columns) {
  Eigen::HouseholderQR<Eigen::MatrixXf> qr(columns);
  return qr.householderQ() * Eigen::MatrixXf::Identity(columns.rows(), columns.cols());
}

// The left singular vectors of the largest singular values, each times a power of its value.
Dense LeftSingularVectors(const Sparse& matrix, const CatalogueVectorOptions& options) {
  const Eigen::Index wide =
      std::min<Eigen::Index>(matrix.rows(), options.dimensions + static_cast<Eigen::Index>(options.oversampling));
  base::Random random(options.seed);
  Dense probe(matrix.cols(), wide);
  for (Eigen::Index i = 0; i < probe.size(); ++i) probe.data()[i] = static_cast<float>(random.Normal());
  Dense range = Orthonormal(matrix * probe);
  const Sparse transposed = matrix.transpose();
  for (int i = 0; i < options.power_iterations; ++i) {
    range = Orthonormal(matrix * Orthonormal(transposed * range));
  }
  // matrix ≈ range (range' matrix); the small factor's own decomposition by its Gram matrix.
  const Dense small = transposed * range;  // terms x wide
  const Eigen::MatrixXd gram = (small.transpose() * small).cast<double>();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram);
  // The Gram matrix has the squares of the singular values.
  const Eigen::VectorXd weights = solver.eigenvalues().tail(options.dimensions).cwiseMax(0).array().pow(kPower / 2);
  const Eigen::MatrixXd rotation = solver.eigenvectors().rightCols(options.dimensions) * weights.asDiagonal();
  return range * rotation.cast<float>();
}

void ToUnit(absl::Span<float> vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * value;
  if (!(squares > 0)) return;
  for (float& value : vector) value = static_cast<float>(value / std::sqrt(squares));
}

// Of vectors of length 1; 0 where one is missing.
float Cosine(absl::Span<const float> a, absl::Span<const float> b) {
  if (a.empty() || b.empty()) return 0;
  const auto size = static_cast<Eigen::Index>(a.size());
  return Eigen::Map<const Eigen::VectorXf>(a.data(), size).dot(Eigen::Map<const Eigen::VectorXf>(b.data(), size));
}

}  // namespace

absl::StatusOr<CatalogueEncoder> CatalogueEncoder::Train(absl::Span<const std::vector<std::string>> titles,
                                                         absl::Span<const QueryClick> clicks,
                                                         const CatalogueVectorOptions& options) {
  RETURN_IF_ERROR(Check(titles, clicks, options));
  CatalogueEncoder out;
  const std::vector<uint32_t> frequencies = Frequent(titles, options, out.index_);
  if (out.index_.size() < options.dimensions) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "TOO_FEW_TERMS",
                       absl::StrCat("the catalogue has ", out.index_.size(), " frequent terms, fewer than ",
                                    options.dimensions, " dimensions"));
  }
  out.dimensions_ = options.dimensions;
  const auto products = static_cast<double>(titles.size());
  for (const uint32_t count : frequencies) {
    out.idf_.push_back(static_cast<float>(std::log(1 + (products - count + 0.5) / (count + 0.5))));
  }
  Sparse matrix = Count(titles, clicks, out.index_, options);
  ToMutualInformation(matrix, options.context_power);
  const Dense vectors = LeftSingularVectors(matrix, options);
  out.vectors_.assign(vectors.data(), vectors.data() + vectors.size());
  for (size_t term = 0; term < out.index_.size(); ++term) {
    ToUnit(absl::MakeSpan(out.vectors_).subspan(term * out.dimensions_, out.dimensions_));
  }
  return out;
}

absl::Status CatalogueEncoder::Encode(absl::Span<const WeighedTerm> terms, absl::Span<float> out) const {
  if (out.size() != dimensions_) return absl::InvalidArgumentError(absl::StrCat("give ", dimensions_, " numbers"));
  std::fill(out.begin(), out.end(), 0.0F);
  for (const WeighedTerm& term : terms) {
    const auto found = index_.find(term.term);
    if (found == index_.end()) continue;
    const float weight = idf_[found->second] * term.weight;
    const float* vector = vectors_.data() + size_t{found->second} * dimensions_;
    for (size_t i = 0; i < out.size(); ++i) out[i] += weight * vector[i];
  }
  ToUnit(out);
  return absl::OkStatus();
}

absl::Span<const float> CatalogueEncoder::VectorOf(absl::string_view term) const {
  const auto found = index_.find(term);
  if (found == index_.end()) return {};
  return absl::MakeConstSpan(vectors_).subspan(size_t{found->second} * dimensions_, dimensions_);
}

float CatalogueEncoder::Similarity(absl::string_view a, absl::string_view b) const {
  return Cosine(VectorOf(a), VectorOf(b));
}

SoftMatcher::SoftMatcher(const CatalogueEncoder& encoder, absl::Span<const absl::string_view> query)
    : encoder_(encoder) {
  for (const absl::string_view term : query) query_.push_back(encoder.VectorOf(term));
}

void SoftMatcher::Match(absl::Span<const uint32_t> title, absl::FunctionRef<absl::string_view(uint32_t)> term_of,
                        std::vector<float>& soft) {
  soft.assign(query_.size(), 0);
  for (const uint32_t number : title) {
    const auto [at, fresh] = met_.try_emplace(number, static_cast<uint32_t>(similarities_.size()));
    if (fresh) {
      const absl::Span<const float> vector = encoder_.VectorOf(term_of(number));
      for (const absl::Span<const float> wanted : query_) similarities_.push_back(Cosine(wanted, vector));
    }
    for (size_t i = 0; i < soft.size(); ++i) soft[i] = std::max(soft[i], similarities_[at->second + i]);
  }
}

std::string CatalogueEncoder::Save() const {
  std::vector<const std::string*> terms(index_.size());
  for (const auto& [term, number] : index_) terms[number] = &term;
  base::ByteWriter out;
  out.Value<uint32_t>(dimensions_);
  out.Value<uint64_t>(terms.size());
  for (const std::string* term : terms) out.String(*term);
  out.Array(idf_);
  out.Array(vectors_);
  std::string bytes = absl::StrCat(kMagic, out.bytes());
  return bytes + base::Sha256(bytes);
}

absl::StatusOr<CatalogueEncoder> CatalogueEncoder::Load(absl::string_view bytes) {
  if (bytes.substr(0, kMagic.size()) != kMagic) return absl::InvalidArgumentError("these bytes are no such encoder");
  if (bytes.size() < kMagic.size() + kChecksumBytes) return absl::DataLossError("the encoder is cut");
  const absl::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (base::Sha256(body) != bytes.substr(body.size())) {
    return absl::DataLossError("the encoder's checksum differs: cut or changed");
  }
  base::ByteReader in(body.substr(kMagic.size()));
  CatalogueEncoder out;
  out.dimensions_ = in.Value<uint32_t>();
  const auto terms = in.Value<uint64_t>();
  for (uint32_t term = 0; term < terms && in.status().ok(); ++term) {
    in.Require(out.index_.emplace(in.String(), term).second, "a term comes twice");
  }
  out.idf_ = in.Array<float>();
  out.vectors_ = in.Array<float>();
  in.Require(out.dimensions_ >= 8 && out.dimensions_ <= 512 && out.idf_.size() == terms &&
                 out.vectors_.size() == terms * out.dimensions_ && in.AtEnd(),
             "an encoder whose parts do not fit together");
  if (!in.status().ok()) return in.status();
  return out;
}

}  // namespace kontor::search
