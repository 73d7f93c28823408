/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cards that come and go behind a PCI Express port (PCI Express Base 5.0, 6.7 and 7.5.3.9 to
 * 7.5.3.11). The interrupt collects events; the work thread, alone, acts on them and changes what
 * is on the bus below the port. Ports that were plugged in themselves are not watched.
 *
 * Nobody stands in front of a virtual machine: what the attention button asks for is done at once,
 * without the five seconds in which to take it back (6.7.1.5).
 */
#include "kernel/clock.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/pci_priv.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "kernel/work.h"
#include <stdatomic.h>

/* Offsets in the PCI Express capability. */
#define FLAGS             0x02u
#define SLOT_CAPABILITIES 0x14u
#define SLOT_CONTROL      0x18u
#define SLOT_STATUS       0x1au

#define FLAGS_SLOT        (1u << 8)
#define FLAGS_MESSAGE(f)  ((f) >> 9 & 0x1fu) /* the MSI-X entry of events */

#define CAN_SWITCH_POWER  (1u << 1)
#define HAS_INDICATOR     (1u << 4)
#define CAN_HOT_PLUG      (1u << 6)
#define NO_COMPLETION     (1u << 18)

#define ENABLE_EVENTS     (1u << 0 | 1u << 3 | 1u << 5 | 1u << 12) /* the three below; interrupts */
#define INDICATOR_ON      (1u << 8)
#define INDICATOR_OFF     (3u << 8)
#define POWER_OFF         (1u << 10)

#define BUTTON_PRESSED    (1u << 0)
#define PRESENCE_CHANGED  (1u << 3)
#define COMPLETED         (1u << 4)
#define PRESENT           (1u << 6)
#define LINK_CHANGED      (1u << 8)
#define EVENTS            (BUTTON_PRESSED | PRESENCE_CHANGED | LINK_CHANGED)
#define SETTLED           (1u << 16) /* ours: the timer's event */

#define COMMAND_NS        1000000000ull /* 6.7.3.2: the most a command may take */
#define COMMAND_LOOK_NS   1000000ull
#define SETTLE_NS         100000000ull  /* 6.6.1: from reset to the first configuration request */
#define SETTLE_TRIES      10u           /* ... after which it must answer within a second */

struct port {
	struct port *next;
	struct pci_dev *dev;
	unsigned cap;
	uint32_t abilities;
	atomic_uint events;
	struct work work;
	struct timer settle;
	unsigned tries;
	enum { EMPTY, SETTLING, IN_USE } state;
};

static uint16_t status_of(struct port *p)
{
	return pci_read16(p->dev, p->cap + SLOT_STATUS);
}

static void tell(struct port *p, unsigned events)
{
	atomic_fetch_or(&p->events, events);
	work_submit(&p->work);
}

/*
 * A message is only sent when the first event comes, so none may be left. The bound is for ports
 * that cannot be cleared, or are gone.
 */
static void interrupt(void *arg)
{
	struct port *p = arg;
	unsigned events;

	for (unsigned i = 0; i < 4 && (events = status_of(p) & EVENTS) != 0; i++) {
		pci_write16(p->dev, p->cap + SLOT_STATUS, (uint16_t)events);
		tell(p, events);
	}
}

/* 6.7.3.2: one command at a time. Most ports have carried it out by the first look. */
static void command(struct port *p, uint16_t control)
{
	uint64_t deadline = clock_now_ns() + COMMAND_NS;

	pci_write16(p->dev, p->cap + SLOT_STATUS, COMPLETED);
	pci_write16(p->dev, p->cap + SLOT_CONTROL, control);
	while (!(p->abilities & NO_COMPLETION) && !(status_of(p) & COMPLETED) &&
	       clock_now_ns() < deadline)
		thread_sleep_until(clock_now_ns() + COMMAND_LOOK_NS);
}

static void power(struct port *p, bool on)
{
	uint16_t control = pci_read16(p->dev, p->cap + SLOT_CONTROL);

	if (p->abilities & CAN_SWITCH_POWER)
		control = (uint16_t)(on ? control & ~POWER_OFF : control | POWER_OFF);
	if (p->abilities & HAS_INDICATOR)
		control = (uint16_t)((control & ~INDICATOR_OFF) |
				     (on ? INDICATOR_ON : INDICATOR_OFF));
	command(p, control);
}

static void settle(struct port *p)
{
	p->state = SETTLING;
	timer_start(&p->settle, clock_now_ns() + SETTLE_NS);
}

static void settled(struct timer *timer)
{
	tell(container_of(timer, struct port, settle), SETTLED);
}

static void bring_in(struct port *p)
{
	if (pci_add_below(p->dev)) {
		p->state = IN_USE;
	} else if (++p->tries < SETTLE_TRIES) {
		settle(p);
	} else {
		log_err("pci " PCI_FMT ": the card does not answer", PCI_ARG(p->dev));
		power(p, false);
		p->state = EMPTY;
	}
}

/* The host takes the card away once its slot is off. */
static void take_out(struct port *p)
{
	timer_stop(&p->settle);
	pci_drop_below(p->dev);
	p->state = EMPTY;
	power(p, false);
}

/*
 * A card that comes may press the button as well; by itself the button asks for the other of in
 * use and off. The link goes up and down with the power: that only counts while the card is in use.
 */
static void act(struct work *work)
{
	struct port *p = container_of(work, struct port, work);
	unsigned events = atomic_exchange(&p->events, 0);
	bool present = status_of(p) & PRESENT;
	bool pressed = (events & (BUTTON_PRESSED | PRESENCE_CHANGED)) == BUTTON_PRESSED;

	if (p->state != EMPTY && (!present || pressed)) {
		take_out(p);
	} else if (p->state == SETTLING && (events & SETTLED)) {
		bring_in(p);
	} else if (p->state == EMPTY && present && (events & (BUTTON_PRESSED | PRESENCE_CHANGED))) {
		p->tries = 0;
		power(p, true);
		settle(p);
	}
}

static int connect(struct port *p)
{
	struct pci_dev *dev = p->dev;
	unsigned entry = FLAGS_MESSAGE(pci_read16(dev, p->cap + FLAGS));
	int irq;

	pci_enable(dev);
	if (pci_msix_enable(dev) <= (int)entry) {
		pci_msix_disable(dev);
		return pci_intx_connect(dev, interrupt, p, "slot");
	}
	irq = irq_alloc(interrupt, p, "slot");
	if (irq > 0)
		pci_msix_set(dev, entry, irq);
	return irq < 0 ? irq : 0;
}

static void prepare(struct pci_dev *dev, unsigned cap, uint32_t abilities, struct port **ports)
{
	struct port *p = kzalloc(sizeof *p);

	if (!p)
		return;
	p->dev = dev;
	p->cap = cap;
	p->abilities = abilities;
	p->work.run = act;
	p->settle.fire = settled;
	p->state = pci_last_below(dev) ? IN_USE : EMPTY;
	if (work_prepare(false) || connect(p)) {
		log_warn("pci " PCI_FMT ": no interrupt for its slot",
			 PCI_ARG(dev));
		kfree(p);
		return;
	}
	p->next = *ports;
	*ports = p;
}

/* What happened before is known from the bus; a card that came since is seen by the last look. */
static void enable(struct port *p)
{
	pci_write16(p->dev, p->cap + SLOT_STATUS, status_of(p) & EVENTS);
	command(p, (uint16_t)(pci_read16(p->dev, p->cap + SLOT_CONTROL) | ENABLE_EVENTS));
	if ((p->state == EMPTY) == !!(status_of(p) & PRESENT))
		tell(p, PRESENCE_CHANGED);
}

/*
 * QEMU's ports tell of no card, whatever is in them, where it plugs by ACPI: those are left alone.
 */
static bool tells_presence(struct pci_dev *dev, unsigned cap)
{
	return !pci_last_below(dev) || pci_read16(dev, cap + SLOT_STATUS) & PRESENT;
}

/* No port is enabled while the list of devices is walked: it may change from then on. */
void pci_hotplug_init(void)
{
	struct port *ports = NULL;

	pci_for_each(dev) {
		unsigned cap = dev->secondary_bus ? pci_capability_next(dev, PCI_CAP_PCIE, 0) : 0;
		uint32_t abilities;

		if (!cap || !(pci_read16(dev, cap + FLAGS) & FLAGS_SLOT))
			continue;
		abilities = pci_read32(dev, cap + SLOT_CAPABILITIES);
		if (abilities & CAN_HOT_PLUG && tells_presence(dev, cap))
			prepare(dev, cap, abilities, &ports);
	}
	for (struct port *p = ports; p; p = p->next)
		enable(p);
}
