#include "libs/testing/private_kafka.h"

#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/testing/process.h"

namespace kontor::testing {
namespace {

constexpr char kClusterId[] = "4L6g3nShT-eMCtK--X86sw";
constexpr char kAdvice[] = "; run ./kontor setup --kafka";
constexpr int kRequestMs = 2000;
constexpr std::chrono::seconds kPatience(90);

using Handle = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;

bool OnPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::string JarFolder() {
  const char* chosen = std::getenv("KONTOR_KAFKA_JARS");
  const bool is_chosen = chosen != nullptr && *chosen != '\0';
  const std::filesystem::path folder = std::filesystem::absolute(is_chosen ? chosen : "var/third_party/kafka");
  if (!std::filesystem::is_directory(folder) || std::filesystem::is_empty(folder)) {
    Die(absl::StrCat("Kafka's jars are not in ", folder.string(), kAdvice));
  }
  return folder.string();
}

std::string FileText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Handle Connect(const std::string& servers) {
  char error[256];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::pair<const char*, std::string> settings[] = {
      {"bootstrap.servers", servers}, {"log_level", "0"}, {"reconnect.backoff.max.ms", "200"}};
  for (const auto& [name, value] : settings) rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof(error));
  Handle handle(rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error)), rd_kafka_destroy);
  if (handle == nullptr) Die(absl::StrCat("no Kafka client: ", error));
  return handle;
}

// The number of brokers and the names of our topics; -1 when no broker answers.
int ReadMetadata(rd_kafka_t* handle, std::vector<std::string>* topics) {
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(handle, 1, nullptr, &metadata, kRequestMs) != RD_KAFKA_RESP_ERR_NO_ERROR) return -1;
  topics->clear();
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const std::string name = metadata->topics[i].topic;
    if (!absl::StartsWith(name, "__")) topics->push_back(name);
  }
  const int brokers = metadata->broker_cnt;
  rd_kafka_metadata_destroy(metadata);
  return brokers;
}

void RequestDeletion(rd_kafka_t* handle, const std::vector<std::string>& names) {
  std::vector<rd_kafka_DeleteTopic_t*> topics;
  for (const std::string& name : names) topics.push_back(rd_kafka_DeleteTopic_new(name.c_str()));
  rd_kafka_queue_t* queue = rd_kafka_queue_new(handle);
  rd_kafka_DeleteTopics(handle, topics.data(), topics.size(), nullptr, queue);
  rd_kafka_event_destroy(rd_kafka_queue_poll(queue, 30000));
  rd_kafka_queue_destroy(queue);
  rd_kafka_DeleteTopic_destroy_array(topics.data(), topics.size());
}

}  // namespace

std::unique_ptr<PrivateKafka> PrivateKafka::Start(int brokers) {
  const std::string jars = JarFolder();
  if (!OnPath("java")) Die(absl::StrCat("Kafka needs the command java", kAdvice));
  std::unique_ptr<PrivateKafka> cluster(new PrivateKafka());
  std::ofstream(cluster->folder_.File("log4j.properties"))
      << "log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n"
         "log4j.appender.out.layout=org.apache.log4j.PatternLayout\nlog4j.appender.out.layout.ConversionPattern=%d %p "
         "%m "
         "(%c)%n\n";
  // The JVM answers SIGQUIT with a thread dump, so it is told to die with us in another way.
  cluster->java_ = {"setpriv",
                    "--pdeathsig",
                    "KILL",
                    "java",
                    "-Xms256m",
                    "-Xmx384m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Dlog4j.configuration=file:" + cluster->folder_.File("log4j.properties"),
                    "-cp",
                    jars + "/*"};
  cluster->brokers_.resize(static_cast<size_t>(brokers));
  for (Broker& broker : cluster->brokers_) {
    broker = {cluster->folder_.File(absl::StrCat(&broker - cluster->brokers_.data())), FreePort(), FreePort(),
              FreePort()};
  }
  cluster->gate_ = std::make_unique<FaultGate>(cluster->brokers_[0].gated_port);
  for (int i = 0; i < brokers; ++i) cluster->Configure(cluster->brokers_[static_cast<size_t>(i)], i + 1);
  for (Broker& broker : cluster->brokers_) cluster->Format(broker);
  for (Broker& broker : cluster->brokers_) cluster->StartServer(broker);
  cluster->AwaitAll();
  return cluster;
}

PrivateKafka& PrivateKafka::Shared() {
  static std::unique_ptr<PrivateKafka> server = Start();
  return *server;
}

PrivateKafka::~PrivateKafka() {
  for (const Broker& broker : brokers_) {
    if (broker.pid != 0) StopProgram(broker.pid, SIGKILL);
  }
}

void PrivateKafka::Configure(const Broker& broker, int id) const {
  const auto name = [](const Broker& voter, int voter_id) {
    return absl::StrCat(voter_id, "@127.0.0.1:", voter.controller_port);
  };
  std::vector<std::string> voters;
  for (size_t i = 0; i < brokers_.size(); ++i) voters.push_back(name(brokers_[i], static_cast<int>(i) + 1));
  const size_t replicas = brokers_.size();
  const size_t in_sync = std::max<size_t>(1, replicas - 1);
  const int gated_port = id == 1 ? gate_->port() : broker.gated_port;
  std::filesystem::create_directory(broker.folder);
  std::ofstream(broker.folder + "/server.properties")
      << "process.roles=broker,controller\nnode.id=" << id
      << "\ncontroller.quorum.voters=" << absl::StrJoin(voters, ",")
      << "\nlisteners=PLAINTEXT://127.0.0.1:" << broker.port << ",GATED://127.0.0.1:" << broker.gated_port
      << ",CONTROLLER://127.0.0.1:" << broker.controller_port
      << "\nadvertised.listeners=PLAINTEXT://127.0.0.1:" << broker.port << ",GATED://127.0.0.1:" << gated_port
      << "\ncontroller.listener.names=CONTROLLER\ninter.broker.listener.name=PLAINTEXT"
         "\nlistener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,GATED:PLAINTEXT"
      << "\nlog.dirs=" << broker.folder << "/data"
      << "\ndefault.replication.factor=" << replicas << "\nmin.insync.replicas=" << in_sync
      << "\noffsets.topic.replication.factor=" << replicas << "\noffsets.topic.num.partitions=4"
      << "\ntransaction.state.log.replication.factor=" << replicas << "\ntransaction.state.log.min.isr=" << in_sync
      << "\ntransaction.state.log.num.partitions=4"
         "\nbroker.session.timeout.ms=5000\nbroker.heartbeat.interval.ms=1000"
         "\nlog.initial.task.delay.ms=86400000\nlog.index.size.max.bytes=1048576\n";
}

void PrivateKafka::Format(const Broker& broker) const {
  std::vector<std::string> command = java_;
  for (const char* word : {"kafka.tools.StorageTool", "format", "-t", kClusterId, "-c"}) command.emplace_back(word);
  command.push_back(broker.folder + "/server.properties");
  RunProgram(command);
}

void PrivateKafka::StartServer(Broker& broker) {
  std::vector<std::string> command = java_;
  command.emplace_back("kafka.Kafka");
  command.push_back(broker.folder + "/server.properties");
  broker.pid = StartProgram(command, broker.folder + "/log");
}

// Ready when the brokers that live have found each other and answer.
void PrivateKafka::AwaitAll() {
  int living = 0;
  for (const Broker& broker : brokers_) living += broker.pid != 0 ? 1 : 0;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (const Broker& broker : brokers_) {
    if (broker.pid == 0) continue;
    const Handle handle = Connect(absl::StrCat("127.0.0.1:", broker.port));
    for (std::vector<std::string> ignored; ReadMetadata(handle.get(), &ignored) < living;) {
      if (waitpid(broker.pid, nullptr, WNOHANG) != 0 || std::chrono::steady_clock::now() > deadline) {
        Die(absl::StrCat("Kafka does not start:\n", FileText(broker.folder + "/log")));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
}

std::string PrivateKafka::bootstrap_servers() const {
  return absl::StrJoin(brokers_, ",",
                       [](std::string* out, const Broker& broker) { absl::StrAppend(out, "127.0.0.1:", broker.port); });
}

std::string PrivateKafka::gated_bootstrap_servers() const { return absl::StrCat("127.0.0.1:", gate_->port()); }

void PrivateKafka::Kill(int broker) {
  int& pid = brokers_.at(static_cast<size_t>(broker)).pid;
  StopProgram(pid, SIGKILL);
  pid = 0;
}

void PrivateKafka::Freeze(int broker) {
  const auto pid = static_cast<id_t>(brokers_.at(static_cast<size_t>(broker)).pid);
  kill(static_cast<pid_t>(pid), SIGSTOP);
  siginfo_t stopped{};
  waitid(P_PID, pid, &stopped, WSTOPPED);  // the signal alone leaves it time to answer once more
}
void PrivateKafka::Thaw(int broker) { kill(brokers_.at(static_cast<size_t>(broker)).pid, SIGCONT); }

void PrivateKafka::Restart(int broker) {
  StartServer(brokers_.at(static_cast<size_t>(broker)));
  AwaitAll();
}

void PrivateKafka::DeleteTopics(const std::string& only) {
  const Handle handle = Connect(bootstrap_servers());
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::vector<std::string> topics;
  while (true) {
    const int answered = ReadMetadata(handle.get(), &topics);
    if (!only.empty()) std::erase_if(topics, [&](const std::string& topic) { return topic != only; });
    if (answered > 0 && topics.empty()) return;
    if (std::chrono::steady_clock::now() > deadline) Die("Kafka does not delete its topics");
    if (answered > 0) RequestDeletion(handle.get(), topics);
  }
}

}  // namespace kontor::testing
