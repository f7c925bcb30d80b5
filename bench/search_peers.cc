#include "bench/search_peers.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "bench/search_timing.h"
#include "bench/search_titles.h"
#include "libs/base/status.h"
#include "libs/domain/search/facet.h"
#include "libs/domain/search/index_top.h"
#include "libs/domain/search/reading.h"

namespace kontor::bench {
namespace {

using namespace search;  // NOLINT: a program

constexpr size_t kQueries = 1'000;
const text::AnalyzerOptions kPlainWords = {"en", false, false, false}, kStems = {"en", true, false, false};

// What a peer says of itself.
struct Peer {
  std::string engine;
  double top_10 = 0, count_and_facet = 0;   // queries per CPU second
  std::vector<std::vector<uint32_t>> tops;  // places of products, by query
  std::vector<uint64_t> counts;
};

// A folder that goes when this does.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "kontor-peers-XXXXXX").string();
    if (mkdtemp(path.data()) != nullptr) path_ = path;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // Writes texts, one a line; returns the file's path.
  std::string Write(const std::string& name, const std::vector<std::string>& texts) const {
    std::string path = absl::StrCat(path_, "/", name);
    std::ofstream file(path);
    for (const std::string& text : texts) file << absl::StrReplaceAll(text, {{"\n", " "}}) << "\n";
    return path;
  }

 private:
  std::string path_;
};

std::string Output(const std::string& command) {
  std::string out;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[1 << 16];
  while (const size_t size = std::fread(buffer, 1, sizeof(buffer), pipe)) out.append(buffer, size);
  return pclose(pipe) == 0 ? out : "";
}

double RateOf(const google::protobuf::Struct& peer, const std::string& part) {
  const auto& fields = peer.fields().at(part).struct_value().fields();
  return fields.at("queries_per_cpu_second").number_value();
}

Peer ReadPeer(const google::protobuf::Struct& fields) {
  Peer peer;
  peer.engine = fields.fields().at("engine").string_value();
  peer.top_10 = RateOf(fields, "top10");
  peer.count_and_facet = RateOf(fields, "count_and_facet");
  for (const auto& top : fields.fields().at("tops").list_value().values()) {
    auto& places = peer.tops.emplace_back();
    for (const auto& place : top.list_value().values()) places.push_back(static_cast<uint32_t>(place.number_value()));
  }
  for (const auto& count : fields.fields().at("counts").list_value().values()) {
    peer.counts.push_back(static_cast<uint64_t>(count.number_value()));
  }
  return peer;
}

std::map<std::string, Peer> RunPeers(const SearchData& data, const std::vector<std::string>& queries,
                                     const text::Analyzer& plain) {
  const TemporaryFolder folder;
  std::vector<std::string> titles, words;
  for (const Product& product : data.products) titles.push_back(product.title);
  std::vector<text::Token> tokens;
  for (const std::string& query : queries) {
    plain.Analyze(query, tokens);
    words.push_back(absl::StrJoin(tokens, " ", [](std::string* out, const text::Token& token) { *out += token.word; }));
  }
  const char* python = std::getenv("KONTOR_PEER_PYTHON");
  const std::string printed = Output(absl::StrCat(python != nullptr ? python : "python3", " bench/peers/search.py ",
                                                  folder.Write("titles", titles), " ", folder.Write("queries", words)));
  std::map<std::string, Peer> peers;
  google::protobuf::Struct fields;
  if (!google::protobuf::util::JsonStringToMessage(printed, &fields).ok()) return peers;
  for (const auto& [name, value] : fields.fields()) peers.emplace(name, ReadPeer(value.struct_value()));
  return peers;
}

class PeerBench {
 public:
  PeerBench(const SearchData& data, std::vector<Figure>& figures)
      : data_(data), figures_(figures), queries_(SampleQueries(data, kQueries)) {
    for (uint32_t i = 0; i < data.products.size(); ++i) places_.emplace(data.products[i].id, i);
  }

  absl::Status Run() {
    ASSIGN_OR_RETURN(const IndexedTitles plain, IndexTitles(data_, kPlainWords, true));
    peers_ = RunPeers(data_, queries_, *plain.analyzer);
    if (peers_.empty()) std::cout << "no other engine is installed; bench/peers/README.md says how\n";
    ASSIGN_OR_RETURN(const IndexedTitles stems, IndexTitles(data_, kStems, true));
    Race(stems);
    Compare(plain);
    return absl::OkStatus();
  }

 private:
  void Add(const std::string& name, double value, const std::string& unit, std::optional<double> reference,
           const std::string& note) {
    figures_.push_back({name, value, unit, reference, note});
    std::cout << absl::StrFormat("%-52s %12.3f %s  %s\n", name, value, unit, note) << std::flush;
  }

  double RatePerCpuSecond(const std::function<void(const std::string&)>& run) const {
    return 1e6 / CallTimes(queries_.size(), [&](size_t i) { run(queries_[i]); }).mean();
  }

  void Race(const IndexedTitles& titles) {
    const double top_10 = RatePerCpuSecond([&](const std::string& query) { TopOf(titles, query); });
    const double faceted = RatePerCpuSecond([&](const std::string& query) { CountOf(titles, query); });
    const auto tantivy = peers_.find("tantivy");
    const bool there = tantivy != peers_.end();
    const auto against = [&](double Peer::*rate) {
      return there ? std::optional<double>(tantivy->second.*rate) : std::nullopt;
    };
    const std::string note = there ? absl::StrCat("reference: ", tantivy->second.engine) : "";
    Add("queries_per_cpu_second/top10", top_10, "1/s", against(&Peer::top_10), note);
    Add("queries_per_cpu_second/count_and_facet", faceted, "1/s", against(&Peer::count_and_facet), note);
    for (const auto& [name, peer] : peers_) {
      Add(absl::StrCat("queries_per_cpu_second/top10/", name), peer.top_10, "1/s", std::nullopt, peer.engine);
      Add(absl::StrCat("queries_per_cpu_second/count_and_facet/", name), peer.count_and_facet, "1/s", std::nullopt, "");
    }
  }

  // With plain words there is nothing to differ in but how lengths are rounded and which of equal scores comes first.
  void Compare(const IndexedTitles& titles) {
    const auto found = peers_.find("tantivy_plain");
    if (found == peers_.end() || found->second.tops.size() != queries_.size()) return;
    size_t same = 0, all = 0;
    uint64_t difference = 0, counted = 0;
    for (size_t i = 0; i < queries_.size(); ++i) {
      const std::vector<uint32_t>& theirs = found->second.tops[i];
      const std::vector<uint32_t> ours = TopOf(titles, queries_[i]);
      for (const uint32_t place : ours) same += std::count(theirs.begin(), theirs.end(), place);
      all += std::max(ours.size(), theirs.size());
      const uint64_t our_count = CountOf(titles, queries_[i]), their_count = found->second.counts[i];
      difference += our_count > their_count ? our_count - their_count : their_count - our_count;
      counted += their_count;
    }
    const auto share = [](uint64_t part, uint64_t whole) {
      return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 1;
    };
    Add("same_as_tantivy/top10", share(same, all), "share", std::nullopt, "of the products in the top 10, plain BM25");
    Add("same_as_tantivy/count", 1 - share(difference, counted), "share", std::nullopt,
        "of the counts, the rest being words with letters beyond ASCII, which the protocol of plain BM25 parts");
  }

  std::vector<uint32_t> TopOf(const IndexedTitles& titles, const std::string& query) const {
    const Reading reading = ReadVerbatim(*titles.analyzer, query);
    TopOptions options;
    std::vector<uint32_t> places;
    for (const Hit& hit : TopAny(PreparedQuery(*titles.view, reading.understood.lexical), options)) {
      places.push_back(places_.at(titles.view->Id(hit.doc)));
    }
    return places;
  }

  uint64_t CountOf(const IndexedTitles& titles, const std::string& query) const {
    const Reading reading = ReadVerbatim(*titles.analyzer, query);
    if (reading.understood.lexical.slots.empty()) return 0;
    const PreparedQuery prepared(*titles.view, reading.understood.lexical);
    const MatchSet set = Match(prepared, {}, {MatchPolicy::kAny, 1});
    Top(prepared, set, TopOptions());
    CountFacets(*titles.view, set, brand_);
    return set.count;
  }

  const SearchData& data_;
  std::vector<Figure>& figures_;
  const std::vector<std::string> queries_;
  const std::vector<FacetSpec> brand_ = {{{Property::Kind::kBrand, ""}, 10, "", {}, {}}};
  absl::flat_hash_map<std::string, uint32_t> places_;
  std::map<std::string, Peer> peers_;
};

}  // namespace

absl::Status BenchPeers(const SearchData& data, std::vector<Figure>& figures) { return PeerBench(data, figures).Run(); }

}  // namespace kontor::bench
